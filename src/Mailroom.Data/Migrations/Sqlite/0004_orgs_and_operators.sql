-- +up

CREATE TABLE orgs (
    org_id        TEXT NOT NULL,
    name          TEXT NOT NULL,
    version       INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    rps           INTEGER, -- provider calls a second; null: no limit
    on_uncertain  TEXT, -- null: the service's default
    paused_at     INTEGER,
    paused_by     TEXT,
    paused_reason TEXT,
    hold_until    INTEGER, -- the provider asked for no calls before
    window_holder INTEGER, -- the incarnation that may make the org's calls, until window_until
    window_until  INTEGER,
    create_token  INTEGER NOT NULL,
    PRIMARY KEY (org_id)
) STRICT, WITHOUT ROWID;

INSERT INTO orgs (org_id, name, version, created_at, updated_at, rps, create_token)
SELECT column1, column2, 1, at, at, NULL, 0
FROM (VALUES ('org_default', 'Default'), ('org_all', 'All orgs')), (SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) AS at);

INSERT INTO orgs (org_id, name, version, created_at, updated_at, rps, create_token)
SELECT org_id, org_id, 1, at, at, 2, 0
FROM (SELECT org_id FROM api_keys UNION SELECT org_id FROM deliveries), (SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) AS at)
WHERE true
ON CONFLICT (org_id) DO NOTHING;

-- Mail accepted before this has no template_id: its template is in its payload only.
ALTER TABLE deliveries ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN parent_id TEXT; -- the delivery that this one repeats
ALTER TABLE deliveries ADD COLUMN trace_parent TEXT;
ALTER TABLE deliveries ADD COLUMN template_id TEXT;

ALTER TABLE attempts ADD COLUMN provider TEXT;

ALTER TABLE delivery_recipients ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
UPDATE delivery_recipients SET created_at = d.created_at FROM deliveries d WHERE d.delivery_id = delivery_recipients.delivery_id;

ALTER TABLE dead_letters ADD COLUMN org_id TEXT NOT NULL DEFAULT '';
ALTER TABLE dead_letters ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE dead_letters ADD COLUMN repeated_by TEXT; -- the newest delivery that repeats it
UPDATE dead_letters SET org_id = d.org_id, source = d.source FROM deliveries d WHERE d.delivery_id = dead_letters.delivery_id;

-- Stream entries that were refused.
CREATE TABLE malformed_commands (
    number          INTEGER PRIMARY KEY AUTOINCREMENT,
    stream          TEXT NOT NULL,
    entry_id        TEXT NOT NULL,
    recorded_at     INTEGER NOT NULL,
    failure_code    TEXT NOT NULL,
    failure_message TEXT NOT NULL,
    delivery_id     TEXT, -- as the entry gave it
    source          TEXT, -- as the entry gave it
    raw_fields      BLOB NOT NULL, -- JSON
    raw_truncated   INTEGER NOT NULL,
    UNIQUE (stream, entry_id, failure_code)
) STRICT;

CREATE INDEX malformed_commands_by_age ON malformed_commands (recorded_at, number);
CREATE INDEX malformed_commands_by_stream ON malformed_commands (stream, number);
CREATE INDEX malformed_commands_by_code ON malformed_commands (failure_code, number);
CREATE INDEX malformed_commands_by_source ON malformed_commands (source, number);

DROP INDEX deliveries_sending;
DROP INDEX deliveries_by_trouble;

-- A move writes only the indexes whose columns it changes.
CREATE INDEX deliveries_by_source ON deliveries (source, created_at, delivery_id);
CREATE INDEX deliveries_by_template ON deliveries (template_id, created_at, delivery_id) WHERE template_id IS NOT NULL;
CREATE INDEX deliveries_by_status ON deliveries (status, created_at, delivery_id);
CREATE INDEX deliveries_ended ON deliveries (updated_at, delivery_id) WHERE next_attempt_at IS NULL AND status <> 'uncertain';
CREATE INDEX deliveries_by_org_and_status ON deliveries (org_id, status, created_at, delivery_id)
    WHERE status IN ('scheduled', 'queued', 'rendered', 'delivered', 'bounced', 'complained', 'suppressed', 'failed', 'dead_letter', 'canceled', 'expired', 'uncertain');
CREATE INDEX deliveries_by_source_and_status ON deliveries (source, status, created_at, delivery_id)
    WHERE status IN ('delivered', 'bounced', 'complained', 'suppressed', 'failed', 'dead_letter', 'canceled', 'expired', 'uncertain');
CREATE INDEX deliveries_by_template_and_status ON deliveries (template_id, status, created_at, delivery_id)
    WHERE template_id IS NOT NULL
        AND status IN ('delivered', 'bounced', 'complained', 'suppressed', 'failed', 'dead_letter', 'canceled', 'expired', 'uncertain');
CREATE INDEX deliveries_by_parent ON deliveries (parent_id, created_at, delivery_id) WHERE parent_id IS NOT NULL;

CREATE INDEX delivery_recipients_by_address ON delivery_recipients (lower(address), created_at, delivery_id);

CREATE INDEX dead_letters_by_time ON dead_letters (created_at, delivery_id);
CREATE INDEX dead_letters_by_org ON dead_letters (org_id, created_at, delivery_id);
CREATE INDEX dead_letters_by_source ON dead_letters (source, created_at, delivery_id);
CREATE INDEX dead_letters_by_failure ON dead_letters (failure_classification, created_at, delivery_id);
CREATE INDEX dead_letters_open ON dead_letters (created_at, delivery_id) WHERE repeated_by IS NULL;
CREATE INDEX dead_letters_open_by_org ON dead_letters (org_id, created_at, delivery_id) WHERE repeated_by IS NULL;

CREATE INDEX idempotency_by_expiry ON idempotency (expires_at);

-- +down
-- destructive
DROP INDEX idempotency_by_expiry;
DROP INDEX dead_letters_open_by_org;
DROP INDEX dead_letters_open;
DROP INDEX dead_letters_by_failure;
DROP INDEX dead_letters_by_source;
DROP INDEX dead_letters_by_org;
DROP INDEX dead_letters_by_time;
DROP INDEX delivery_recipients_by_address;
DROP INDEX deliveries_by_parent;
DROP INDEX deliveries_by_template_and_status;
DROP INDEX deliveries_by_source_and_status;
DROP INDEX deliveries_by_org_and_status;
DROP INDEX deliveries_ended;
DROP INDEX deliveries_by_status;
DROP INDEX deliveries_by_template;
DROP INDEX deliveries_by_source;

CREATE INDEX deliveries_by_trouble ON deliveries (status, created_at, delivery_id)
    WHERE status IN ('bounced', 'complained', 'suppressed', 'failed', 'dead_letter', 'canceled', 'expired', 'uncertain');
CREATE INDEX deliveries_sending ON deliveries (delivery_id) WHERE status = 'sending';

DROP TABLE malformed_commands;
ALTER TABLE dead_letters DROP COLUMN repeated_by;
ALTER TABLE dead_letters DROP COLUMN source;
ALTER TABLE dead_letters DROP COLUMN org_id;
ALTER TABLE delivery_recipients DROP COLUMN created_at;
ALTER TABLE attempts DROP COLUMN provider;
ALTER TABLE deliveries DROP COLUMN template_id;
ALTER TABLE deliveries DROP COLUMN trace_parent;
ALTER TABLE deliveries DROP COLUMN parent_id;
ALTER TABLE deliveries DROP COLUMN urgent;
DROP TABLE orgs;
