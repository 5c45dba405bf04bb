-- +up
CREATE INDEX deliveries_by_org ON deliveries (org_id, created_at DESC, delivery_id DESC);
CREATE INDEX deliveries_by_time ON deliveries (created_at DESC, delivery_id DESC);
CREATE INDEX deliveries_by_trouble ON deliveries (status, created_at DESC, delivery_id DESC)
    WHERE status IN ('bounced', 'complained', 'suppressed', 'failed', 'dead_letter', 'canceled', 'expired', 'uncertain');

-- +down
DROP INDEX deliveries_by_trouble;
DROP INDEX deliveries_by_time;
DROP INDEX deliveries_by_org;
