-- +up

-- What waits, by org and lane: one org's backlog is stepped over, not walked through. Mail that is claimed as it is accepted is never
-- in it. The condition is put so that no listing by status takes this index for its own.
CREATE INDEX deliveries_waiting ON deliveries (org_id, urgent, next_attempt_at, delivery_id) WHERE next_attempt_at IS NOT NULL AND (status = 'sending') IS FALSE;

-- +down
DROP INDEX deliveries_waiting;
