using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace Mailroom.Host.Settings;

/// <summary>Why a text was refused, without the text.</summary>
public readonly record struct Refusal(string Cause, string Fix);

/// <summary>
/// Reads where a PostgreSQL database is: a URL as libpq reads it
/// (<c>postgres://user:password@host:5432/database?sslmode=require&amp;search_path=mail</c>) or Npgsql's own
/// <c>Host=…;Database=…</c>. Refusals name parameters, never values.
/// </summary>
public static class PostgresDsn
{
    private const string UrlForm = "postgres://user:password@host:5432/database?sslmode=require&search_path=mail";

    private static readonly Dictionary<string, Action<NpgsqlConnectionStringBuilder, string>> UrlParameters = new(StringComparer.Ordinal)
    {
        ["application_name"] = (connection, value) => connection.ApplicationName = value,
        ["connect_timeout"] = (connection, value) => connection["Timeout"] = value,
        ["host"] = (connection, value) => connection.Host = value,
        ["options"] = (connection, value) => connection.Options = value,
        ["search_path"] = (connection, value) => connection.SearchPath = value,
        ["sslcert"] = (connection, value) => connection.SslCertificate = value,
        ["sslkey"] = (connection, value) => connection.SslKey = value,
        ["sslmode"] = (connection, value) => connection.SslMode = ReadSslMode(value),
        ["sslrootcert"] = (connection, value) => connection.RootCertificate = value,
    };

    public static bool TryRead(string dsn, [NotNullWhen(true)] out NpgsqlConnectionStringBuilder? connection, out Refusal refusal)
    {
        ArgumentNullException.ThrowIfNull(dsn);
        connection = new NpgsqlConnectionStringBuilder();
        var refused = dsn.Contains("://", StringComparison.Ordinal) && !dsn.Contains(';', StringComparison.Ordinal)
            ? ReadUrl(dsn, connection)
            : ReadPairs(dsn, connection);
        refused ??= CheckTarget(connection);
        refusal = refused.GetValueOrDefault();
        if (refused is not null)
        {
            connection = null;
        }

        return refused is null;
    }

    private static Refusal? ReadUrl(string dsn, NpgsqlConnectionStringBuilder connection)
    {
        if (!Uri.TryCreate(dsn, UriKind.Absolute, out var url) || url.Scheme is not ("postgres" or "postgresql") || url.Fragment.Length > 0)
        {
            return new Refusal("it is no URL of a PostgreSQL database", $"Write {UrlForm}, with the special characters of the password percent-encoded");
        }

        // Checked on the text as given: the parsed URL has already repaired a lone '%'.
        if (!IsPercentEncoded(dsn))
        {
            return new Refusal("it is not percent-encoded rightly", "Encode '%' itself as %25, and no control characters");
        }

        var user = url.UserInfo.Split(':', 2);
        connection.Host = Unescape(url.IdnHost);
        connection.Port = url.Port < 0 ? NpgsqlConnection.DefaultPort : url.Port;
        connection.Username = Unescape(user[0]);
        connection.Password = user.Length > 1 ? Unescape(user[1]) : null;
        connection.Database = Unescape(url.AbsolutePath.TrimStart('/'));
        return ReadUrlParameters(url.Query.TrimStart('?'), connection);
    }

    private static Refusal? ReadUrlParameters(string query, NpgsqlConnectionStringBuilder connection)
    {
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            if (!UrlParameters.TryGetValue(parts[0], out var apply))
            {
                return new Refusal(
                    $"the URL's parameter {Shown.Text(parts[0])} is not known",
                    $"Remove it; known are {string.Join(", ", UrlParameters.Keys)}");
            }

            if (parts.Length < 2 || Unescape(parts[1]) is not { } value || !TryApply(apply, connection, value))
            {
                return new Refusal($"the URL's parameter {parts[0]} has a wrong value", "Correct it; sslmode is disable, allow, prefer, require, verify-ca or verify-full");
            }
        }

        return null;
    }

    private static Refusal? ReadPairs(string dsn, NpgsqlConnectionStringBuilder connection)
    {
        DbConnectionStringBuilder pairs;
        try
        {
            pairs = new DbConnectionStringBuilder { ConnectionString = dsn };
        }
        catch (ArgumentException)
        {
            return new Refusal("it is neither a URL nor a list of key=value", $"Write {UrlForm}, or Host=host;Username=user;Password=password;Database=database");
        }

        foreach (string key in pairs.Keys)
        {
            // libpq's form with blanks between the pairs would otherwise be read as one long host.
            if (pairs.Count == 1 && dsn.Count(c => c == '=') > 1)
            {
                return new Refusal("its pairs are separated by blanks", $"Separate them by ';', or write {UrlForm}");
            }

            if (!TryApply((target, value) => target[key] = value, connection, (string)pairs[key]))
            {
                return new Refusal($"its key {Shown.Text(key)} is not known or has a wrong value", "Correct it or remove it");
            }
        }

        return null;
    }

    private static bool TryApply(Action<NpgsqlConnectionStringBuilder, string> apply, NpgsqlConnectionStringBuilder connection, string value)
    {
        try
        {
            apply(connection, value);
            return true;
        }
        catch (Exception refused) when (refused is ArgumentException or FormatException or OverflowException or InvalidCastException or NotSupportedException)
        {
            return false;
        }
    }

    private static Refusal? CheckTarget(NpgsqlConnectionStringBuilder connection)
    {
        if (string.IsNullOrEmpty(connection.Host) || string.IsNullOrEmpty(connection.Database))
        {
            return new Refusal("it names no host or no database", $"Write {UrlForm}");
        }

        var untouched = new NpgsqlConnectionStringBuilder();
        return connection.MaxPoolSize != untouched.MaxPoolSize
            || connection.MinPoolSize != untouched.MinPoolSize
            || connection.ConnectionLifetime != untouched.ConnectionLifetime
            || !connection.Pooling
            ? new Refusal(
                "it sets the pool's limits, which have settings of their own",
                "Remove them and use mailroom.store.postgres.max-open-conns, max-idle-conns and conn-max-lifetime")
            : null;
    }

    private static SslMode ReadSslMode(string value) => value switch
    {
        "disable" => SslMode.Disable,
        "allow" => SslMode.Allow,
        "prefer" => SslMode.Prefer,
        "require" => SslMode.Require,
        "verify-ca" => SslMode.VerifyCA,
        "verify-full" => SslMode.VerifyFull,
        _ => throw new ArgumentException("sslmode is not known.", nameof(value)),
    };

    private static string? Unescape(string text) => text.Length > 0 ? Uri.UnescapeDataString(text) : null;

    private static bool IsPercentEncoded(string text)
    {
        for (var at = text.IndexOf('%', StringComparison.Ordinal); at >= 0; at = text.IndexOf('%', at + 1))
        {
            if (at + 2 >= text.Length || !char.IsAsciiHexDigit(text[at + 1]) || !char.IsAsciiHexDigit(text[at + 2]))
            {
                return false;
            }
        }

        return !Uri.UnescapeDataString(text).Any(char.IsControl);
    }
}
