-- +up

-- The columns are those of a database that several nodes share; a file has one node at a time, which needs no lease.
ALTER TABLE nodes ADD COLUMN left_at INTEGER;
UPDATE nodes SET left_at = joined_at;

ALTER TABLE shards DROP COLUMN expires_at;

-- Nodes that wait for an org's next window, in their order: incarnation:unix milliseconds, blanks between.
ALTER TABLE orgs ADD COLUMN window_wishes TEXT;

-- +down
ALTER TABLE orgs DROP COLUMN window_wishes;
ALTER TABLE shards ADD COLUMN expires_at INTEGER; -- null: until somebody else joins
ALTER TABLE nodes DROP COLUMN left_at;
