-- Hosts that failed last time wait behind all others, before a delivery is even written down for them.
CREATE TABLE fanout_leftovers (
    outbox_id BIGINT NOT NULL REFERENCES fanouts (outbox_id) ON DELETE CASCADE,
    inbox_id BIGINT NOT NULL REFERENCES inboxes (id),
    PRIMARY KEY (outbox_id, inbox_id)
);

-- The unique key begins with the same column, and each change of state cost this one too.
DROP INDEX deliveries_outbox;
