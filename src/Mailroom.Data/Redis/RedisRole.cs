namespace Mailroom.Data.Redis;

/// <summary>What ROLE tells.</summary>
internal static class RedisRole
{
    public static readonly RedisCommand Question = RedisCommand.Repeatable("ROLE");

    /// <summary>Sure to be no master. A server that does not tell (a user without the permission) is taken for what it was configured as.</summary>
    public static bool IsReplica(in RedisReply reply) =>
        reply.Kind == RedisReplyKind.Array && reply.Items is [{ Kind: RedisReplyKind.Value or RedisReplyKind.Status } role, ..]
        && !role.Bytes.Span.SequenceEqual("master"u8);
}
