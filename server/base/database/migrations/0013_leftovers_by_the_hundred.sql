-- Inboxes that a fan-out passed over: many in a row, where there was a row for each.
CREATE TABLE leftovers_until_now AS SELECT outbox_id, inbox_id FROM fanout_leftovers;
DROP TABLE fanout_leftovers;
CREATE TABLE fanout_leftovers (
    outbox_id BIGINT NOT NULL REFERENCES fanouts (outbox_id) ON DELETE CASCADE,
    id BIGINT NOT NULL,
    inboxes TEXT NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (outbox_id, id)
);
INSERT INTO fanout_leftovers (outbox_id, id, inboxes, size)
SELECT outbox_id, inbox_id, '[' || inbox_id || ']', 1 FROM leftovers_until_now;
DROP TABLE leftovers_until_now;
