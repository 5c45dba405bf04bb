using Mailroom.Api.Http;

namespace Mailroom.Api.Tests.Internal;

/// <summary>The caller's trace goes with the mail (W3C Trace Context).</summary>
public sealed class TraceTests
{
    private const string Parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    [Theory]
    [InlineData(Parent, true)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", true)]
    [InlineData("", false)]
    [InlineData("nonsense", false)]
    [InlineData("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", false)]
    [InlineData("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false)]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01", false)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x", false)]
    public void Only_a_valid_traceparent_is_taken(string header, bool isValid) => TraceParent.IsValid(header).ShouldBe(isValid);

    [Fact]
    public async Task Mail_of_both_listeners_carries_the_callers_trace_and_none_where_it_sent_none()
    {
        await using var edge = await Edge.StartAsync();
        await edge.SendAsync(HttpMethod.Post, "/api/v1/emails", Mails.Simple, change: Traced(Parent));
        await edge.SendAsync(HttpMethod.Post, "/api/v1/emails/batch", $"[{Mails.Simple}]", change: Traced(Parent));
        await edge.InsideAsync("POST", "login-code-deliveries", """{"email":"a@example.com","code":"1","locale":"en"}""", "k", Traced(Parent));
        edge.Mailroom.Asked.Select(mail => mail.TraceParent).ShouldBe([Parent, Parent, Parent]);

        await edge.SendAsync(HttpMethod.Post, "/api/v1/emails", Mails.Simple, change: Traced("nonsense"));
        edge.Mailroom.Asked.Last().TraceParent.ShouldBeNull();
        await edge.PostAsync(Mails.Simple);
        edge.Mailroom.Asked.Last().TraceParent.ShouldBeNull();

        static Action<HttpRequestMessage> Traced(string parent) => request => request.Headers.TryAddWithoutValidation("traceparent", parent).ShouldBeTrue();
    }
}
