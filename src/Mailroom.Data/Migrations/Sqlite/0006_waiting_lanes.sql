-- +up

-- What waits, by org and lane: one org's backlog is stepped over, not walked through. Mail that is claimed as it is accepted is never in it.
CREATE INDEX deliveries_waiting ON deliveries (org_id, urgent, next_attempt_at, delivery_id) WHERE status IN ('scheduled', 'queued', 'rendered');

-- +down
DROP INDEX deliveries_waiting;
