using System.Text.RegularExpressions;
using Mailroom.Host.Settings;
using Mailroom.Integration.Tests.Service.Under;

namespace Mailroom.Integration.Tests.Settings;

/// <summary>What a node among several is set with.</summary>
public sealed partial class ClusterSettingsTests
{
    private static string Docker(string file) => File.ReadAllText(Path.Combine(MailroomEnvironment.Checkout, "docker", file));

    [Fact]
    public void Without_an_address_for_other_nodes_a_node_is_alone_and_has_the_machines_name()
    {
        var settings = Start.Sound(Start.With(""));

        settings.Cluster.Address.ShouldBeNull();
        settings.Cluster.Node.ShouldBe(Environment.MachineName);
    }

    [Theory]
    [InlineData("MAILROOM_CLUSTER_ADDR=:8070", "mailroom.cluster.addr (MAILROOM_CLUSTER_ADDR) is \":8070\" in the environment: a SQLite file has one node.")]
    [InlineData("MAILROOM_CLUSTER_ADDR=:8070 MAILROOM_CLUSTER_SECRET=short", "mailroom.cluster.secret (MAILROOM_CLUSTER_SECRET) is *** in the environment: nodes of a cluster need one, of 16 characters or more, the same on all.")]
    [InlineData("MAILROOM_NODE=no/name", "mailroom.cluster.node (MAILROOM_NODE) is \"no/name\" in the environment: it is not 1 to 64 letters, digits, '.', '_' or '-'.")]
    [InlineData("MAILROOM_CLUSTER_LEASE=1s", "mailroom.cluster.lease (MAILROOM_CLUSTER_LEASE) is \"1s\" in the environment: ")]
    [InlineData("MAILROOM_CLUSTER_URL=mail-1:8070", "mailroom.cluster.url (MAILROOM_CLUSTER_URL) is \"mail-1:8070\" in the environment: it is no URL of a server.")]
    public void What_does_not_fit_is_refused_with_its_name(string variables, string said) =>
        Start.With(variables).Errors.Select(error => error.ToString()).ShouldContain(error => error.StartsWith(said, StringComparison.Ordinal));

    [Fact]
    public void The_file_for_clusters_is_sound_over_the_production_profile()
    {
        var file = Path.Combine(MailroomEnvironment.Checkout, "hocon", "cluster.conf");
        var outcome = SettingsLoader.Load(new(
            Start.Variables(Start.Production + " MAILROOM_CLUSTER_SECRET=0123456789abcdef"), file));

        var settings = Start.Sound(outcome);
        settings.Cluster.Address.ShouldNotBeNull().Port.ShouldBe(8070);
        settings.Http.Drain.ShouldBeGreaterThan(TimeSpan.Zero);
        settings.ShutdownTimeout.ShouldBeGreaterThan(settings.Http.Drain * 3);
    }

    [Fact]
    public void The_nodes_of_the_compose_file_are_set_with_variables_that_exist_and_the_example_has_all_that_it_asks_for()
    {
        var compose = Docker("compose.yaml");
        var known = SettingsSchema.Load().Variables.Keys.Append("MAILROOM_CONFIG").ToHashSet();

        var used = Variable().Matches(compose[..compose.IndexOf("  postgres:\n    image", StringComparison.Ordinal)]).Select(match => match.Groups[1].Value).ToList();
        used.Count.ShouldBeGreaterThan(10);
        used.ShouldAllBe(name => known.Contains(name));

        var example = Docker("example.env");
        Asked().Matches(compose).Select(match => match.Groups[1].Value).Distinct().ShouldAllBe(name => example.Contains($"\n{name}=", StringComparison.Ordinal));
    }

    [GeneratedRegex("""^\s+((?:MAIL|OTEL|ENCRYPTION)[A-Z_]*): """, RegexOptions.Multiline)]
    private static partial Regex Variable();

    [GeneratedRegex("""\$\{([A-Z_]+)""")]
    private static partial Regex Asked();
}
