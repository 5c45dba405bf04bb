-- The ledger of migrations and the two views by which operators know it. Run before every migration, so it must stay repeatable.
CREATE TABLE IF NOT EXISTS schema_migrations (
    version        INTEGER PRIMARY KEY,
    name           TEXT NOT NULL,
    applied_at     INTEGER NOT NULL, -- milliseconds since 1970
    checksum       BLOB NOT NULL,
    execution_time INTEGER NOT NULL -- nanoseconds
) STRICT;

CREATE VIEW IF NOT EXISTS goose_db_version AS
    SELECT version AS id, version AS version_id, 1 AS is_applied,
           strftime('%Y-%m-%d %H:%M:%f', applied_at / 1000.0, 'unixepoch') AS tstamp
    FROM schema_migrations;

CREATE VIEW IF NOT EXISTS _sqlx_migrations AS
    SELECT version, name AS description, strftime('%Y-%m-%d %H:%M:%f', applied_at / 1000.0, 'unixepoch') AS installed_on,
           1 AS success, checksum, execution_time
    FROM schema_migrations;
