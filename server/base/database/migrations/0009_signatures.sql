-- Other groups that sign our call-outs: replies that say #signed, and what organisers decided about single signatures.
ALTER TABLE replies ADD COLUMN signs INTEGER NOT NULL DEFAULT 0;
CREATE INDEX replies_signs ON replies (post_id) WHERE signs = 1;

CREATE TABLE signature_decisions (
    post_id BIGINT NOT NULL REFERENCES posts (id),
    remote_actor_id BIGINT NOT NULL REFERENCES remote_actors (id) ON DELETE CASCADE,
    counts INTEGER NOT NULL,
    PRIMARY KEY (post_id, remote_actor_id)
);
CREATE INDEX signature_decisions_actor ON signature_decisions (remote_actor_id);
