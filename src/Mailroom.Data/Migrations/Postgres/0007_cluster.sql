-- +up

-- A node is a member until it leaves or is declared lost; its lease is its own, and what it owns is free once it has left.
ALTER TABLE nodes
    ADD COLUMN address     text NOT NULL DEFAULT '', -- where other nodes reach it; empty: it is alone
    ADD COLUMN expires_at  timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN is_stopping boolean NOT NULL DEFAULT false,
    ADD COLUMN left_at     timestamptz;
UPDATE nodes SET left_at = now();
CREATE INDEX nodes_members ON nodes (incarnation) WHERE left_at IS NULL;

ALTER TABLE shards DROP COLUMN expires_at;

-- Nodes that wait for an org's next window, in their order: incarnation:unix milliseconds, blanks between.
ALTER TABLE orgs ADD COLUMN window_wishes text;

-- +down
ALTER TABLE orgs DROP COLUMN window_wishes;
ALTER TABLE shards ADD COLUMN expires_at timestamptz; -- null: until somebody else joins
DROP INDEX nodes_members;
ALTER TABLE nodes DROP COLUMN left_at, DROP COLUMN is_stopping, DROP COLUMN expires_at, DROP COLUMN address;
