-- The ledger of migrations and the two views by which operators know it. Run before every migration, so it must stay repeatable.
CREATE TABLE IF NOT EXISTS schema_migrations (
    version        integer PRIMARY KEY,
    name           text NOT NULL,
    applied_at     timestamptz NOT NULL,
    checksum       bytea NOT NULL,
    execution_time bigint NOT NULL -- nanoseconds
);

CREATE OR REPLACE VIEW goose_db_version AS
    SELECT version AS id, version::bigint AS version_id, true AS is_applied, applied_at AS tstamp FROM schema_migrations;

CREATE OR REPLACE VIEW _sqlx_migrations AS
    SELECT version::bigint AS version, name AS description, applied_at AS installed_on, true AS success, checksum, execution_time FROM schema_migrations;
