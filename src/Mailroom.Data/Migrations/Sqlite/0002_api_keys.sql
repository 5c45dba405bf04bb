-- +up
CREATE TABLE api_keys (
    key_id       TEXT NOT NULL PRIMARY KEY,
    org_id       TEXT NOT NULL,
    name         TEXT NOT NULL,
    prefix       TEXT NOT NULL,
    hash         BLOB NOT NULL UNIQUE, -- SHA-256 of the key
    created_at   INTEGER NOT NULL,
    revoked_at   INTEGER,
    last_used_at INTEGER
) STRICT, WITHOUT ROWID;

-- +down
-- destructive
DROP TABLE api_keys;
