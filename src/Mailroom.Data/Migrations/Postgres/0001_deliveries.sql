-- +up

-- Ids compare as bytes (COLLATE "C"): cheaper than any language's order, and the same on every machine.
CREATE TABLE deliveries (
    delivery_id       text COLLATE "C" NOT NULL,
    org_id            text COLLATE "C" NOT NULL,
    source            text NOT NULL,
    status            text COLLATE "C" NOT NULL,
    version           bigint NOT NULL,
    shard             smallint NOT NULL,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    next_attempt_at   timestamptz,
    scheduled_at      timestamptz,
    expires_at        timestamptz,
    on_uncertain      text NOT NULL,
    accept_token      bigint NOT NULL,
    attempts_made     integer NOT NULL DEFAULT 0,
    last_attempt_no   integer NOT NULL DEFAULT 0,
    last_attempt      text,
    claim_incarnation bigint,
    claim_sequence    bigint,
    claim_deadline    timestamptz,
    claimed_at        timestamptz,
    reported          text,
    has_rendered      boolean NOT NULL DEFAULT false,
    recipient_count   integer NOT NULL,
    mixed             boolean NOT NULL DEFAULT false, -- recipients differ: see delivery_recipients.status
    CONSTRAINT deliveries_pkey PRIMARY KEY (delivery_id)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

-- Every change moves next_attempt_at, so no update is heap-only: each index here is written twice a mail. Keep them few.
CREATE INDEX deliveries_due ON deliveries (next_attempt_at, delivery_id) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX deliveries_sending ON deliveries (delivery_id) WHERE status = 'sending';

CREATE TABLE delivery_payloads (
    delivery_id text COLLATE "C" NOT NULL,
    content     bytea NOT NULL,
    rendered    bytea,
    CONSTRAINT delivery_payloads_pkey PRIMARY KEY (delivery_id)
) WITH (toast_tuple_target = 8160);

-- Mail of a few KB stays in its row and is never compressed: a second table and the compressor cost more than the space.
ALTER TABLE delivery_payloads ALTER COLUMN content SET STORAGE EXTERNAL;
ALTER TABLE delivery_payloads ALTER COLUMN rendered SET STORAGE EXTERNAL;

CREATE TABLE delivery_recipients (
    delivery_id text COLLATE "C" NOT NULL,
    position    integer NOT NULL,
    kind        text NOT NULL,
    address     text NOT NULL,
    status      text, -- null: the delivery's own
    detail      text,
    CONSTRAINT delivery_recipients_pkey PRIMARY KEY (delivery_id, position)
);

CREATE TABLE delivery_events (
    delivery_id    text COLLATE "C" NOT NULL,
    version        bigint NOT NULL,
    ord            smallint NOT NULL,
    occurred_at    timestamptz NOT NULL,
    type           text NOT NULL,
    status         text NOT NULL, -- the delivery's after it
    detail         text,
    ses_message_id text,
    CONSTRAINT delivery_events_pkey PRIMARY KEY (delivery_id, version, ord)
);

-- Only ended attempts: the running one is the delivery's claim.
CREATE TABLE attempts (
    delivery_id         text COLLATE "C" NOT NULL,
    attempt_no          integer NOT NULL,
    version             bigint NOT NULL, -- of the delivery, by its end
    status              text NOT NULL,
    counted             boolean NOT NULL,
    started_at          timestamptz NOT NULL,
    ended_at            timestamptz NOT NULL,
    reason              text,
    reply_code          integer NOT NULL,
    enhanced_code       text,
    provider_summary    text,
    remote_host         text,
    provider_message_id text,
    conversation        text,
    CONSTRAINT attempts_pkey PRIMARY KEY (delivery_id, attempt_no)
);

CREATE TABLE dead_letters (
    delivery_id            text COLLATE "C" NOT NULL,
    final_attempt_no       integer NOT NULL,
    failure_classification text NOT NULL,
    provider_summary       text,
    created_at             timestamptz NOT NULL,
    recovery_hint          text NOT NULL,
    CONSTRAINT dead_letters_pkey PRIMARY KEY (delivery_id)
);

-- A trigger in place of foreign keys: those look up the parent once for each row written, this costs only where deliveries are deleted.
CREATE FUNCTION forget_deliveries() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM delivery_payloads c USING gone WHERE c.delivery_id = gone.delivery_id;
    DELETE FROM delivery_recipients c USING gone WHERE c.delivery_id = gone.delivery_id;
    DELETE FROM delivery_events c USING gone WHERE c.delivery_id = gone.delivery_id;
    DELETE FROM attempts c USING gone WHERE c.delivery_id = gone.delivery_id;
    DELETE FROM dead_letters c USING gone WHERE c.delivery_id = gone.delivery_id;
    RETURN NULL;
END $$;

CREATE TRIGGER deliveries_forget AFTER DELETE ON deliveries
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION forget_deliveries();

CREATE TABLE idempotency (
    org_id      text COLLATE "C" NOT NULL,
    source      text COLLATE "C" NOT NULL,
    key         text COLLATE "C" NOT NULL,
    delivery_id text COLLATE "C" NOT NULL,
    fingerprint bytea NOT NULL,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    CONSTRAINT idempotency_pkey PRIMARY KEY (org_id, source, key)
);

CREATE TABLE nodes (
    incarnation bigint GENERATED ALWAYS AS IDENTITY,
    node        text NOT NULL,
    joined_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT nodes_pkey PRIMARY KEY (incarnation)
);

CREATE TABLE shards (
    shard      smallint NOT NULL,
    epoch      bigint NOT NULL,
    owner      bigint NOT NULL REFERENCES nodes (incarnation),
    expires_at timestamptz, -- null: until somebody else joins
    CONSTRAINT shards_pkey PRIMARY KEY (shard)
);

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
DROP FUNCTION forget_deliveries();
