namespace Mailroom.Data.Queries;

/// <summary>Where the databases differ in what listings say.</summary>
/// <param name="Mark">What the place of an argument begins with.</param>
/// <param name="Facts">The table that holds org, source, template and time of a delivery and has their indexes.</param>
/// <param name="Lower">The beginning and the end of an expression in which A to Z are small.</param>
internal sealed record Dialect(char Mark, string Facts, (string Open, string Close) Lower)
{
    public static readonly Dialect Postgres = new('$', "delivery_payloads", ("lower(", " COLLATE \"C\")"));

    public static readonly Dialect Sqlite = new('?', "deliveries", ("lower(", ")"));

    public string Small(string expression) => Lower.Open + expression + Lower.Close;
}
