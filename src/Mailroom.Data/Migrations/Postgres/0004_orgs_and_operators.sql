-- +up

CREATE TABLE orgs (
    org_id        text COLLATE "C" NOT NULL,
    name          text NOT NULL,
    version       bigint NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    rps           integer, -- provider calls a second; null: no limit
    on_uncertain  text, -- null: the service's default
    paused_at     timestamptz,
    paused_by     text,
    paused_reason text,
    hold_until    timestamptz, -- the provider asked for no calls before
    window_holder bigint, -- the incarnation that may make the org's calls, until window_until
    window_until  timestamptz,
    create_token  bigint NOT NULL,
    CONSTRAINT orgs_pkey PRIMARY KEY (org_id)
);

INSERT INTO orgs (org_id, name, version, created_at, updated_at, rps, create_token)
SELECT known.org_id, known.name, 1, date_trunc('milliseconds', now()), date_trunc('milliseconds', now()), known.rps, 0
FROM (VALUES ('org_default', 'Default', NULL::integer), ('org_all', 'All orgs', NULL)) AS known(org_id, name, rps);

INSERT INTO orgs (org_id, name, version, created_at, updated_at, rps, create_token)
SELECT known.org_id, known.org_id, 1, date_trunc('milliseconds', now()), date_trunc('milliseconds', now()), 2, 0
FROM (SELECT org_id FROM api_keys UNION SELECT org_id FROM deliveries) AS known
ON CONFLICT (org_id) DO NOTHING;

-- Mail accepted before this has no template_id: its template is in its payload only.
ALTER TABLE deliveries
    ADD COLUMN urgent boolean NOT NULL DEFAULT false,
    ADD COLUMN parent_id text COLLATE "C", -- the delivery that this one repeats
    ADD COLUMN trace_parent text,
    ADD COLUMN template_id text COLLATE "C";

ALTER TABLE attempts ADD COLUMN provider text;

-- What listings select by, beside the payload, because that row is written once: on deliveries, where every move writes every
-- index, they would cost twice as much.
ALTER TABLE delivery_payloads
    ADD COLUMN org_id text COLLATE "C",
    ADD COLUMN source text COLLATE "C",
    ADD COLUMN template_id text COLLATE "C",
    ADD COLUMN created_at timestamptz;
UPDATE delivery_payloads AS p SET org_id = d.org_id, source = d.source, created_at = d.created_at FROM deliveries d WHERE d.delivery_id = p.delivery_id;
DELETE FROM delivery_payloads WHERE created_at IS NULL;
ALTER TABLE delivery_payloads
    ALTER COLUMN org_id SET NOT NULL,
    ALTER COLUMN source SET NOT NULL,
    ALTER COLUMN created_at SET NOT NULL;

ALTER TABLE delivery_recipients ADD COLUMN created_at timestamptz;
UPDATE delivery_recipients AS r SET created_at = d.created_at FROM deliveries d WHERE d.delivery_id = r.delivery_id;
DELETE FROM delivery_recipients WHERE created_at IS NULL;
ALTER TABLE delivery_recipients ALTER COLUMN created_at SET NOT NULL;

ALTER TABLE dead_letters
    ADD COLUMN org_id text COLLATE "C",
    ADD COLUMN source text COLLATE "C",
    ADD COLUMN repeated_by text COLLATE "C"; -- the newest delivery that repeats it
UPDATE dead_letters AS l SET org_id = d.org_id, source = d.source FROM deliveries d WHERE d.delivery_id = l.delivery_id;
DELETE FROM dead_letters WHERE org_id IS NULL;
ALTER TABLE dead_letters
    ALTER COLUMN org_id SET NOT NULL,
    ALTER COLUMN source SET NOT NULL;

-- Stream entries that were refused.
CREATE TABLE malformed_commands (
    number          bigint GENERATED ALWAYS AS IDENTITY,
    stream          text COLLATE "C" NOT NULL,
    entry_id        text COLLATE "C" NOT NULL,
    recorded_at     timestamptz NOT NULL,
    failure_code    text COLLATE "C" NOT NULL,
    failure_message text NOT NULL,
    delivery_id     text, -- as the entry gave it
    source          text COLLATE "C", -- as the entry gave it
    raw_fields      bytea NOT NULL, -- JSON
    raw_truncated   boolean NOT NULL,
    CONSTRAINT malformed_commands_pkey PRIMARY KEY (number),
    CONSTRAINT malformed_commands_entry UNIQUE (stream, entry_id, failure_code)
);

CREATE INDEX malformed_commands_by_age ON malformed_commands (recorded_at, number);
CREATE INDEX malformed_commands_by_stream ON malformed_commands (stream, number);
CREATE INDEX malformed_commands_by_code ON malformed_commands (failure_code, number);
CREATE INDEX malformed_commands_by_source ON malformed_commands (source, number);

DROP INDEX deliveries_sending;
DROP INDEX deliveries_by_trouble;
DROP INDEX deliveries_by_time;
DROP INDEX deliveries_by_org;

-- A mail that is claimed as it is accepted and sent at once writes the first twice, the second once and none of the others.
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

-- Read backwards, newest first; written at their end, where an index grows cheapest. What follows the id only narrows.
CREATE INDEX delivery_payloads_by_time ON delivery_payloads (created_at, delivery_id);
CREATE INDEX delivery_payloads_by_org ON delivery_payloads (org_id, created_at, delivery_id, source);
CREATE INDEX delivery_payloads_by_source ON delivery_payloads (source, created_at, delivery_id);
CREATE INDEX delivery_payloads_by_template ON delivery_payloads (template_id, created_at, delivery_id, org_id) WHERE template_id IS NOT NULL;

-- In the collation "C" only ASCII has cases, as in SQLite.
CREATE INDEX delivery_recipients_by_address ON delivery_recipients (lower(address COLLATE "C"), created_at, delivery_id);

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
DROP INDEX delivery_payloads_by_template;
DROP INDEX delivery_payloads_by_source;
DROP INDEX delivery_payloads_by_org;
DROP INDEX delivery_payloads_by_time;
DROP INDEX deliveries_by_parent;
DROP INDEX deliveries_by_template_and_status;
DROP INDEX deliveries_by_source_and_status;
DROP INDEX deliveries_by_org_and_status;
DROP INDEX deliveries_ended;
DROP INDEX deliveries_by_status;

CREATE INDEX deliveries_by_org ON deliveries (org_id, created_at, delivery_id);
CREATE INDEX deliveries_by_time ON deliveries (created_at, delivery_id);
CREATE INDEX deliveries_by_trouble ON deliveries (status, created_at, delivery_id)
    WHERE status IN ('bounced', 'complained', 'suppressed', 'failed', 'dead_letter', 'canceled', 'expired', 'uncertain');
CREATE INDEX deliveries_sending ON deliveries (delivery_id) WHERE status = 'sending';

DROP TABLE malformed_commands;
ALTER TABLE dead_letters DROP COLUMN repeated_by, DROP COLUMN source, DROP COLUMN org_id;
ALTER TABLE delivery_recipients DROP COLUMN created_at;
ALTER TABLE delivery_payloads DROP COLUMN created_at, DROP COLUMN template_id, DROP COLUMN source, DROP COLUMN org_id;
ALTER TABLE attempts DROP COLUMN provider;
ALTER TABLE deliveries DROP COLUMN template_id, DROP COLUMN trace_parent, DROP COLUMN parent_id, DROP COLUMN urgent;
DROP TABLE orgs;
