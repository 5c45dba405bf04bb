using Mailroom.Host.Settings;

namespace Mailroom.Integration.Tests.Settings;

public sealed class PostgresDsnTests
{
    [Theory]
    [InlineData("postgres://u:p@db:5433/mail", "Host=db;Port=5433;Username=u;Password=p;Database=mail")]
    [InlineData("postgresql://u@db/mail", "Host=db;Port=5432;Username=u;Database=mail")]
    [InlineData("postgres://u:p%40s%2Fs%3Aw@db/mail", "Host=db;Port=5432;Username=u;Password=p@s/s:w;Database=mail")]
    [InlineData("postgres://u:a:b@db/mail", "Host=db;Port=5432;Username=u;Password=a:b;Database=mail")]
    [InlineData("postgres://u@db/mail?sslmode=verify-full&search_path=mail", "Host=db;Port=5432;Username=u;Database=mail;SSL Mode=VerifyFull;Search Path=mail")]
    [InlineData("postgres://u@db/mail?application_name=my%20app&connect_timeout=3", "Host=db;Port=5432;Username=u;Database=mail;Application Name=\"my app\";Timeout=3")]
    [InlineData("postgres://u@[::1]:5432/mail", "Host=::1;Port=5432;Username=u;Database=mail")]
    [InlineData("postgres:///mail?host=/var/run/postgresql", "Host=/var/run/postgresql;Port=5432;Database=mail")]
    [InlineData("Host=db;Database=mail;Username=u;Password=\"p;w\"", "Host=db;Database=mail;Username=u;Password=\"p;w\"")]
    [InlineData("Server=db;Database=mail;User Id=u", "Host=db;Database=mail;Username=u")]
    [InlineData("Host=db;Database=mail;Password=a://b", "Host=db;Database=mail;Password=a://b")]
    public void A_dsn_is_read_for_Npgsql(string dsn, string expected)
    {
        PostgresDsn.TryRead(dsn, out var connection, out _).ShouldBeTrue();
        Pairs(connection!.ConnectionString).ShouldBe(Pairs(expected), ignoreOrder: true);
    }

    [Theory]
    [InlineData("hunter2", "it is neither a URL nor a list of key=value")]
    [InlineData("mysql://u:hunter2@db/mail", "it is no URL of a PostgreSQL database")]
    [InlineData("postgres://u:hunter2#x@db/mail", "it is no URL of a PostgreSQL database")]
    [InlineData("postgres://u:hunter2@db:99999/mail", "it is no URL of a PostgreSQL database")]
    [InlineData("postgres://u:hunter2%@db/mail", "it is not percent-encoded rightly")]
    [InlineData("postgres://u:hunter2%00@db/mail", "it is not percent-encoded rightly")]
    [InlineData("postgres://u:hunter2@db", "it names no host or no database")]
    [InlineData("postgres:///mail", "it names no host or no database")]
    [InlineData("postgres://u:hunter2@/mail", "it is no URL of a PostgreSQL database")]
    [InlineData("postgres://u:hunter2@db/mail?sslmod=require", "the URL's parameter sslmod is not known")]
    [InlineData("postgres://u:hunter2@db/mail?sslmode=hunter2", "the URL's parameter sslmode has a wrong value")]
    [InlineData("postgres://u:hunter2@db/mail?connect_timeout=hunter2", "the URL's parameter connect_timeout has a wrong value")]
    [InlineData("postgres://u:hunter2@db/mail?search_path", "the URL's parameter search_path has a wrong value")]
    [InlineData("Host=db;Database=mail;Pasword=hunter2", "its key pasword is not known or has a wrong value")]
    [InlineData("Host=db;Database=mail;Port=hunter2", "its key port is not known or has a wrong value")]
    [InlineData("host=db port=5432 dbname=mail password=hunter2", "its pairs are separated by blanks")]
    [InlineData("Password=hunter2", "it names no host or no database")]
    [InlineData("Host=db;Database=mail;Maximum Pool Size=3;Password=hunter2", "it sets the pool's limits, which have settings of their own")]
    [InlineData("Host=db;Database=mail;Pooling=false;Password=hunter2", "it sets the pool's limits, which have settings of their own")]
    public void A_wrong_dsn_is_refused_by_name_and_never_shown(string dsn, string cause)
    {
        PostgresDsn.TryRead(dsn, out var connection, out var refusal).ShouldBeFalse();
        connection.ShouldBeNull();
        refusal.Cause.ShouldBe(cause);
        refusal.Fix.ShouldNotContain("hunter2");
    }

    private static string[] Pairs(string connectionString) => new Npgsql.NpgsqlConnectionStringBuilder(connectionString)
        .Select(pair => $"{pair.Key}={pair.Value}")
        .ToArray();
}
