namespace Mailroom.Host.Settings.Hocon;

/// <summary>
/// What a file and its includes say: one entry for each assignment, in the order written. A key may stand more
/// than once; the last assignment that has a value wins.
/// </summary>
/// <param name="Entries">The assignments, with groups unfolded into dotted keys.</param>
/// <param name="Groups">The groups opened with braces, so that a group without keys can still be checked.</param>
public sealed record HoconDocument(IReadOnlyList<HoconEntry> Entries, IReadOnlyList<HoconGroup> Groups);

/// <param name="Key">The whole dotted key, such as <c>mailroom.smtp.timeout</c>.</param>
/// <param name="Value">The value as written.</param>
/// <param name="At">Where the key stands.</param>
/// <param name="Comment">The comment lines directly above the key, joined by line feeds; empty where there are none.</param>
public sealed record HoconEntry(string Key, HoconValue Value, HoconLocation At, string Comment);

/// <param name="Key">The whole dotted key of the group.</param>
/// <param name="At">Where the key stands.</param>
public sealed record HoconGroup(string Key, HoconLocation At);
