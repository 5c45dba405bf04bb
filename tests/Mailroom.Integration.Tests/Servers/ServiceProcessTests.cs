using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Servers;

public sealed class ServiceProcessTests : IDisposable
{
    // A service in small: keeps a count of its starts on disk, listens, writes that it is ready, ends in order on SIGTERM.
    private const string Program = """
        import os, signal, socket, sys
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(int(os.environ.get("ON_TERM", "0"))))
        path = os.environ["DATA"]
        starts = int(open(path).read()) + 1 if os.path.exists(path) else 1
        open(path, "w").write(str(starts))
        if os.environ.get("FAIL"):
            sys.exit("the setting FAIL stands in the way")
        server = socket.create_server(("127.0.0.1", int(os.environ.get("PORT", "0"))))
        print(f"ready for the {starts}. time", flush=True)
        while True:
            signal.pause()
        """;

    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task It_is_ready_when_it_writes_so_and_ends_in_order_on_SIGTERM()
    {
        await using var service = await ServiceProcess.Start(Command(("ON_TERM", "3")), Ready());
        service.HasExited.ShouldBeFalse();

        (await service.Terminate()).ShouldBe(3);

        service.HasExited.ShouldBeTrue();
    }

    [Fact]
    public async Task It_is_ready_when_its_port_answers()
    {
        var port = LoopbackPort.Free();

        await using var service = await ServiceProcess.Start(Command(("PORT", $"{port}")), Readiness.Port(port));

        (await LoopbackPort.Answers(port)).ShouldBeTrue();
    }

    [Fact]
    public async Task It_is_killed_and_starts_again_with_the_same_data()
    {
        await using var service = await ServiceProcess.Start(Command(), Ready());
        var first = service.Id;

        (await service.Kill9()).ShouldBe(128 + 9);
        await service.Restart();

        service.Id.ShouldNotBe(first);
        service.Starts.ShouldBe(2);
        service.Log.Lines.ShouldBe(["ready for the 2. time"]);
    }

    [Fact]
    public async Task It_is_killed_while_it_stands_still()
    {
        await using var service = await ServiceProcess.Start(Command(), Ready());
        service.Pause();

        (await service.Kill9()).ShouldBe(128 + 9);
    }

    [Fact]
    public async Task A_service_that_stands_still_outlives_the_wait_for_SIGTERM_and_ends_when_it_goes_on()
    {
        await using var service = await ServiceProcess.Start(Command(), Ready());
        service.Pause();
        await Should.ThrowAsync<DeadlinePassedException>(() => service.Terminate(TimeSpan.FromMilliseconds(50)));
        service.HasExited.ShouldBeFalse();

        service.Resume();

        (await Deadline.In().Wait(service.Exited, "the service to end")).ShouldBe(0);
    }

    [Fact]
    public async Task A_running_service_is_not_started_twice()
    {
        await using var service = await ServiceProcess.Start(Command(), Ready());

        (await Should.ThrowAsync<InvalidOperationException>(() => service.Restart())).Message.ShouldContain("still running");
    }

    [Fact]
    public async Task A_service_that_ends_before_it_is_ready_fails_the_start_with_its_last_words() =>
        (await Should.ThrowAsync<InvalidOperationException>(() => ServiceProcess.Start(Command(("FAIL", "1")), Ready())))
            .Message.ShouldContain("the setting FAIL stands in the way");

    [Fact]
    public async Task A_service_that_is_never_ready_is_killed()
    {
        var missed = await Should.ThrowAsync<DeadlinePassedException>(
            () => ServiceProcess.Start(Command(), Readiness.Line(line => line == "never"), TimeSpan.FromSeconds(1)));

        missed.Message.ShouldContain("to write that it is ready");
    }

    public void Dispose() => folder.Dispose();

    private static Readiness Ready() => Readiness.Line(line => line.StartsWith("ready", StringComparison.Ordinal));

    private ServiceCommand Command(params (string Name, string Value)[] settings)
    {
        var environment = settings.ToDictionary(setting => setting.Name, setting => (string?)setting.Value);
        environment["DATA"] = Path.Combine(folder.Path, "starts");
        return new ServiceCommand(Executable.Find("python3"), ["-c", Program], environment);
    }
}
