using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Integration.Tests.Stores;

public sealed class PostgresDeadLetterTests : DeadLetterProperties<PostgresUnderTest>;

public sealed class SqliteDeadLetterTests : DeadLetterProperties<SqliteUnderTest>;

/// <summary>Random lives of many deliveries, in batches of random size.</summary>
public abstract class DeadLetterProperties<TStore> : StoreTest<TStore>
    where TStore : IStoreUnderTest, new()
{
    private static readonly AttemptReport[] Reports =
    [
        Histories.Accepted, Histories.Rejected, Histories.Deferred, Histories.Deferred with { ThrottledFor = TimeSpan.FromSeconds(1) },
        new() { Status = AttemptStatus.TimedOut }, new() { Status = AttemptStatus.Uncertain }, new() { Status = AttemptStatus.Interrupted },
        Histories.Accepted with { Recipients = [new(0, RecipientStatus.Sent, null), new(1, RecipientStatus.Failed, "no such user")] },
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [Trait("Requirement", "C34")]
    public async Task At_every_moment_exactly_the_dead_letters_have_a_row_and_each_has_one(int seed)
    {
        var random = new Random(seed);
        var mails = Enumerable.Range(0, 40).Select(n => World.Accept($"mail-{n}")).ToArray();
        await World.CommitAsync(mails);
        var dead = 0;
        for (var round = 0; round < 25; round++)
        {
            World.Now += TimeSpan.FromMinutes(random.Next(40));
            var moved = new List<int>();
            for (var n = 0; n < mails.Length; n++)
            {
                if (random.Next(2) == 0 && Step(random, mails[n]) is { } next)
                {
                    mails[n] = next;
                    moved.Add(n);
                }
            }

            await World.CommitAsync([.. moved.Select(n => mails[n])]);
            moved.ShouldAllBe(n => mails[n].Outcome == ChangeOutcome.Committed);
            var rows = await Database.QueryAsync("SELECT delivery_id FROM dead_letters ORDER BY delivery_id");
            rows.ShouldBe(await Database.QueryAsync("SELECT delivery_id FROM deliveries WHERE status = 'dead_letter' ORDER BY delivery_id"));
            rows.ShouldBe(mails.Where(mail => mail.After.Status == DeliveryStatus.DeadLetter).Select(mail => mail.Id), ignoreOrder: true);
            dead = rows.Count;
        }

        dead.ShouldBeGreaterThan(0, "the lives have to reach what they are about");
    }

    private DeliveryChange? Step(Random random, DeliveryChange mail)
    {
        var claim = mail.After.Claim?.Token ?? default;
        DeliveryMessage message = mail.After.Status == DeliveryStatus.Sending
            ? random.Next(8) switch
            {
                0 => new ClaimLapsed(claim, random.Next(2) == 0, Ladder(random)),
                1 => new ProviderReported(DeliveryStatus.Delivered, [], null),
                _ => new AttemptFinished(claim, Reports[random.Next(Reports.Length)], Ladder(random)),
            }
            : random.Next(20) switch
            {
                0 => new CancelDelivery("somebody"),
                1 => new ProviderReported(DeliveryStatus.Bounced, [], null),
                2 => new AttemptFinished(claim, Histories.Accepted, Ladder(random)),
                _ => new ClaimAttempt(World.Claim()),
            };
        return Delivery.Decide(mail.After, message, World.Now).Events.Count == 0 ? null : World.Next(mail, message);
    }

    private static RetryLadder Ladder(Random random) => random.Next(3) == 0 ? new([]) : RetryLadder.Default;
}
