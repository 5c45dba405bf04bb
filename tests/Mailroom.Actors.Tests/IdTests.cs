namespace Mailroom.Actors.Tests;

public sealed class IdTests
{
    public static TheoryData<string?, bool> Texts => new()
    {
        { "em_0190b3c4-7a7e-7cc0-8000-0123456789ab", true },
        { "a", true },
        { "A.b_c-9", true },
        { new string('x', 128), true },
        { new string('x', 129), false },
        { "", false },
        { null, false },
        { "a b", false },
        { "a\r\nb", false },
        { "a/b", false },
        { "ä", false },
        { "a\0", false },
        { "a@b", false },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void An_id_is_1_to_128_plain_letters(string? text, bool isOne)
    {
        DeliveryId.TryParse(text, out var delivery).ShouldBe(isOne);
        OrgId.TryParse(text, out var org).ShouldBe(isOne);
        delivery.Value.ShouldBe(isOne ? text : null);
        org.Value.ShouldBe(isOne ? text : null);
    }
}
