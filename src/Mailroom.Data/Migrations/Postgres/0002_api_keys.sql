-- +up
CREATE TABLE api_keys (
    key_id       text COLLATE "C" NOT NULL,
    org_id       text COLLATE "C" NOT NULL,
    name         text NOT NULL,
    prefix       text NOT NULL,
    hash         bytea NOT NULL, -- SHA-256 of the key
    created_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
    last_used_at timestamptz,
    CONSTRAINT api_keys_pkey PRIMARY KEY (key_id),
    CONSTRAINT api_keys_hash UNIQUE (hash)
);

-- +down
-- destructive
DROP TABLE api_keys;
