namespace Mailroom.Host.Settings;

/// <summary>Key bytes that are never printed.</summary>
public sealed class SecretKey(ReadOnlyMemory<byte> bytes)
{
    /// <summary>The bytes themselves, for the one place that needs them.</summary>
    public ReadOnlyMemory<byte> Reveal() => bytes;

    public override string ToString() => Secret.Mask;
}
