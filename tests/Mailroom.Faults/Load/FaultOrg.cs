namespace Mailroom.Faults.Load;

/// <summary>An org that callers post for.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Key">What its callers show.</param>
/// <param name="Rps">Its limit on provider calls a second; null: none.</param>
/// <param name="Share">Of all mail that is posted: its weight.</param>
internal sealed record FaultOrg(string Id, string Key, int? Rps, double Share)
{
    /// <summary>Where all its mail comes from, so that the next hop can tell whose it is.</summary>
    public string Sender => Id + "@example.com";
}
