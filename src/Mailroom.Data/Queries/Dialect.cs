namespace Mailroom.Data.Queries;

/// <summary>Where the databases differ in what listings say.</summary>
/// <param name="Mark">What the place of an argument begins with.</param>
/// <param name="Facts">The table that holds org, source, template and time of a delivery and has their indexes.</param>
/// <param name="Reasons">Whether it knows by itself that a status is one of some. Where it does not, its index over those is used only by a query that says so word by word; where it
/// does, saying it makes it expect too few rows.</param>
/// <param name="Lower">The beginning and the end of an expression in which A to Z are small.</param>
internal sealed record Dialect(char Mark, string Facts, bool Reasons, (string Open, string Close) Lower)
{
    public static readonly Dialect Postgres = new('$', "delivery_payloads", true, ("lower(", " COLLATE \"C\")"));

    public static readonly Dialect Sqlite = new('?', "deliveries", false, ("lower(", ")"));

    public string Small(string expression) => Lower.Open + expression + Lower.Close;
}
