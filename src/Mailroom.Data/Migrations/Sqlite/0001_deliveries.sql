-- +up

-- Times are milliseconds since 1970, UTC.
CREATE TABLE deliveries (
    delivery_id       TEXT NOT NULL,
    org_id            TEXT NOT NULL,
    source            TEXT NOT NULL,
    status            TEXT NOT NULL,
    version           INTEGER NOT NULL,
    shard             INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    next_attempt_at   INTEGER,
    scheduled_at      INTEGER,
    expires_at        INTEGER,
    on_uncertain      TEXT NOT NULL,
    accept_token      INTEGER NOT NULL,
    attempts_made     INTEGER NOT NULL DEFAULT 0,
    last_attempt_no   INTEGER NOT NULL DEFAULT 0,
    last_attempt      TEXT,
    claim_incarnation INTEGER,
    claim_sequence    INTEGER,
    claim_deadline    INTEGER,
    claimed_at        INTEGER,
    reported          TEXT,
    has_rendered      INTEGER NOT NULL DEFAULT 0,
    recipient_count   INTEGER NOT NULL,
    mixed             INTEGER NOT NULL DEFAULT 0, -- recipients differ: see delivery_recipients.status
    PRIMARY KEY (delivery_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX deliveries_due ON deliveries (next_attempt_at, delivery_id) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX deliveries_sending ON deliveries (delivery_id) WHERE status = 'sending';

CREATE TABLE delivery_payloads (
    delivery_id TEXT NOT NULL,
    content     BLOB NOT NULL,
    rendered    BLOB,
    PRIMARY KEY (delivery_id)
) STRICT;

CREATE TABLE delivery_recipients (
    delivery_id TEXT NOT NULL,
    position    INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    address     TEXT NOT NULL,
    status      TEXT, -- null: the delivery's own
    detail      TEXT,
    PRIMARY KEY (delivery_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery_events (
    delivery_id    TEXT NOT NULL,
    version        INTEGER NOT NULL,
    ord            INTEGER NOT NULL,
    occurred_at    INTEGER NOT NULL,
    type           TEXT NOT NULL,
    status         TEXT NOT NULL, -- the delivery's after it
    detail         TEXT,
    ses_message_id TEXT,
    PRIMARY KEY (delivery_id, version, ord)
) STRICT, WITHOUT ROWID;

-- Only ended attempts: the running one is the delivery's claim.
CREATE TABLE attempts (
    delivery_id         TEXT NOT NULL,
    attempt_no          INTEGER NOT NULL,
    version             INTEGER NOT NULL, -- of the delivery, by its end
    status              TEXT NOT NULL,
    counted             INTEGER NOT NULL,
    started_at          INTEGER NOT NULL,
    ended_at            INTEGER NOT NULL,
    reason              TEXT,
    reply_code          INTEGER NOT NULL,
    enhanced_code       TEXT,
    provider_summary    TEXT,
    remote_host         TEXT,
    provider_message_id TEXT,
    conversation        TEXT,
    PRIMARY KEY (delivery_id, attempt_no)
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letters (
    delivery_id            TEXT NOT NULL,
    final_attempt_no       INTEGER NOT NULL,
    failure_classification TEXT NOT NULL,
    provider_summary       TEXT,
    created_at             INTEGER NOT NULL,
    recovery_hint          TEXT NOT NULL,
    PRIMARY KEY (delivery_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER deliveries_forget AFTER DELETE ON deliveries BEGIN
    DELETE FROM delivery_payloads WHERE delivery_id = old.delivery_id;
    DELETE FROM delivery_recipients WHERE delivery_id = old.delivery_id;
    DELETE FROM delivery_events WHERE delivery_id = old.delivery_id;
    DELETE FROM attempts WHERE delivery_id = old.delivery_id;
    DELETE FROM dead_letters WHERE delivery_id = old.delivery_id;
END;

CREATE TABLE idempotency (
    org_id      TEXT NOT NULL,
    source      TEXT NOT NULL,
    key         TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    PRIMARY KEY (org_id, source, key)
) STRICT, WITHOUT ROWID;

-- AUTOINCREMENT: an incarnation is never given twice, not even after its row is gone.
CREATE TABLE nodes (
    incarnation INTEGER PRIMARY KEY AUTOINCREMENT,
    node        TEXT NOT NULL,
    joined_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE shards (
    shard      INTEGER PRIMARY KEY,
    epoch      INTEGER NOT NULL,
    owner      INTEGER NOT NULL,
    expires_at INTEGER -- null: until somebody else joins
) STRICT;

-- +down
-- destructive
DROP TABLE shards;
DROP TABLE nodes;
DROP TABLE idempotency;
DROP TABLE dead_letters;
DROP TABLE attempts;
DROP TABLE delivery_events;
DROP TABLE delivery_recipients;
DROP TABLE delivery_payloads;
DROP TABLE deliveries;
