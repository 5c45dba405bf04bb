-- +up

-- Read backwards, newest first; written at their end, where an index grows cheapest.
CREATE INDEX deliveries_by_org ON deliveries (org_id, created_at, delivery_id);
CREATE INDEX deliveries_by_time ON deliveries (created_at, delivery_id);
CREATE INDEX deliveries_by_trouble ON deliveries (status, created_at, delivery_id)
    WHERE status IN ('bounced', 'complained', 'suppressed', 'failed', 'dead_letter', 'canceled', 'expired', 'uncertain');

-- +down
DROP INDEX deliveries_by_trouble;
DROP INDEX deliveries_by_time;
DROP INDEX deliveries_by_org;
