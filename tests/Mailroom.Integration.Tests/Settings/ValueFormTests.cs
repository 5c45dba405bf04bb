using System.Globalization;
using Mailroom.Host.Settings;
using Mailroom.Host.Settings.Hocon;

namespace Mailroom.Integration.Tests.Settings;

/// <summary>Durations, sizes, addresses and names.</summary>
public sealed class ValueFormTests
{
    [Theory]
    [InlineData("250ms", 250)]
    [InlineData("15s", 15_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("168h", 604_800_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("1m0.5s", 60_500)]
    [InlineData("1000us", 1)]
    [InlineData("1000µs", 1)]
    [InlineData("1000000ns", 1)]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    public void A_duration_in_Gos_style_is_read(string text, int milliseconds)
    {
        GoDuration.TryParse(text, out var duration).ShouldBeTrue();
        duration.ShouldBe(TimeSpan.FromMilliseconds(milliseconds));
    }

    [Theory]
    [InlineData("")]
    [InlineData("15")]
    [InlineData("15 s")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("+1s")]
    [InlineData("1d")]
    [InlineData("1S")]
    [InlineData("1.2.3s")]
    [InlineData(".s")]
    [InlineData("1h30")]
    [InlineData("1e3s")]
    [InlineData("1,5s")]
    [InlineData("1ns")]
    [InlineData("99999999999999h")]
    [InlineData("9999999999999999h")]
    [InlineData("١s")]
    public void What_is_no_duration_is_refused(string text) => GoDuration.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(10, "10ms")]
    [InlineData(90_000, "1m30s")]
    [InlineData(604_800_000, "168h")]
    public void A_duration_is_written_as_it_is_read(int milliseconds, string text) =>
        GoDuration.Write(TimeSpan.FromMilliseconds(milliseconds)).ShouldBe(text);

    [Theory]
    [InlineData("0B", 0)]
    [InlineData("512B", 512)]
    [InlineData("3kB", 3_000)]
    [InlineData("3KB", 3_000)]
    [InlineData("40MB", 40_000_000)]
    [InlineData("2MiB", 2_097_152)]
    [InlineData("1KiB", 1_024)]
    [InlineData("1GB", 1_000_000_000)]
    [InlineData("1GiB", 1_073_741_824)]
    public void A_size_is_read(string text, long bytes)
    {
        ByteSize.TryParse(text, out var size).ShouldBeTrue();
        size.ShouldBe(bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("40")]
    [InlineData("MB")]
    [InlineData("40M")]
    [InlineData("40 MB")]
    [InlineData("-1MB")]
    [InlineData("1.5MB")]
    [InlineData("40mb")]
    [InlineData("9223372036854775807KiB")]
    public void What_is_no_size_is_refused(string text) => ByteSize.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData(":8090", ":8090", false)]
    [InlineData("0.0.0.0:80", "0.0.0.0:80", false)]
    [InlineData("[::]:80", ":80", false)]
    [InlineData("127.0.0.1:0", "127.0.0.1:0", true)]
    [InlineData("localhost:8080", "127.0.0.1:8080", true)]
    [InlineData("[::1]:8080", "[::1]:8080", true)]
    [InlineData("192.0.2.1:65535", "192.0.2.1:65535", false)]
    public void A_listen_address_is_read(string text, string written, bool loopback)
    {
        ListenAddress.TryParse(text, out var address).ShouldBeTrue();
        address.ToString().ShouldBe(written);
        address.IsLoopback.ShouldBe(loopback);
    }

    [Theory]
    [InlineData("")]
    [InlineData("8090")]
    [InlineData(":")]
    [InlineData(":65536")]
    [InlineData(":-1")]
    [InlineData(":80 ")]
    [InlineData("*:80")]
    [InlineData("example.com:80")]
    [InlineData("::1:80")]
    [InlineData("[127.0.0.1]:80")]
    [InlineData("127.1:80")]
    [InlineData("http://127.0.0.1:80")]
    public void What_is_no_listen_address_is_refused(string text) => ListenAddress.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("mail.example.com:587", "mail.example.com", 587)]
    [InlineData("my_relay:25", "my_relay", 25)]
    [InlineData("mail.example.com.:25", "mail.example.com.", 25)]
    [InlineData("1.2.3.mx:25", "1.2.3.mx", 25)]
    [InlineData("192.0.2.1:25", "192.0.2.1", 25)]
    [InlineData("[2001:db8::1]:25", "2001:db8::1", 25)]
    public void A_server_is_read_and_written_back(string text, string host, int port)
    {
        HostPort.TryParse(text, out var server).ShouldBeTrue();
        server.ShouldBe(new HostPort(host, port));
        server.ToString().ShouldBe(text);
    }

    [Theory]
    [InlineData("mail.example.com")]
    [InlineData("mail.example.com:")]
    [InlineData("mail.example.com:0")]
    [InlineData(":25")]
    [InlineData("a b:25")]
    [InlineData("a..:25")]
    [InlineData("127.1:25")]
    [InlineData("192.0.2.256:25")]
    [InlineData("-a:25")]
    [InlineData("a..b:25")]
    [InlineData("smtp://mail.example.com:25")]
    [InlineData("2001:db8::1:25")]
    [InlineData("mäil.example.com:25")]
    public void What_is_no_server_is_refused(string text) => HostPort.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("MAIL_SMTP_ADR", "MAIL_SMTP_ADDR")]
    [InlineData("MAIL_SMTP_ADDRS", "MAIL_SMTP_ADDR")]
    [InlineData("MAIL_SMTP_DADR", "MAIL_SMTP_ADDR")]
    [InlineData("mail_smtp_addr", "MAIL_SMTP_ADDR")]
    [InlineData("MAIL_SMTP_MODES", "MAIL_SMTP_MODE")]
    [InlineData("MAIL_COMPLETELY_OTHER_THING", null)]
    [InlineData("", null)]
    public void The_nearest_name_is_the_one_with_the_fewest_edits(string name, string? nearest) =>
        NearestName.Find(name, ["MAIL_SMTP_MODE", "MAIL_SMTP_ADDR"]).ShouldBe(nearest);

    [Fact]
    public void A_secret_prints_as_stars()
    {
        var secret = new Secret("hunter2");

        string.Create(CultureInfo.InvariantCulture, $"{secret} {new SecretKey(new byte[] { 1, 2 })}").ShouldBe("*** ***");
        secret.Reveal().ShouldBe("hunter2");
    }
}
