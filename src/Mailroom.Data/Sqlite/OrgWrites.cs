using Mailroom.Actors.Kernel;
using Mailroom.Data.Rows;

namespace Mailroom.Data.Sqlite;

/// <summary>One org, new or changed.</summary>
internal static class OrgWrites
{
    private const string InsertSql = $"""
        INSERT INTO orgs ({OrgRow.Columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (org_id) DO NOTHING
        """;

    private const string UpdateSql = $"""
        UPDATE orgs SET ({OrgRow.Columns}) = (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
        WHERE org_id = ?1 AND version = ?2 - 1
        """;

    public static Verdict Write(SqliteDatabase database, OrgChange change)
    {
        var after = change.After;
        var write = database.Statement(change.ExpectedVersion == 0 ? InsertSql : UpdateSql)
            .Bind(StoredText.Exact(change.Id, "org id")).Bind(change.NewVersion).Bind(StoredText.Clean(after.Name)).Bind(after.CreatedAt).Bind(after.UpdatedAt)
            .Bind(after.Rps).Bind(after.OnUncertain?.Name())
            .Bind(after.Pause?.Since).Bind(StoredText.Clean(after.Pause?.By)).Bind(StoredText.Clean(after.Pause?.Reason))
            .Bind(after.HoldUntil).Bind(after.Window?.Holder).Bind(after.Window?.Until).Bind(OrgRow.Text(after.Wishes)).Bind(after.CreateToken);
        write.Run();
        return new(write.Changes == 0 ? ChangeOutcome.Conflict : ChangeOutcome.Committed);
    }
}
