-- Call-outs: what they say beside title and text, by language and revision, and how they stand.
ALTER TABLE texts ADD COLUMN place TEXT NOT NULL DEFAULT '';
ALTER TABLE texts ADD COLUMN needs TEXT NOT NULL DEFAULT '';
ALTER TABLE texts ADD COLUMN instead TEXT NOT NULL DEFAULT '';

CREATE TABLE call_outs (
    post_id BIGINT PRIMARY KEY REFERENCES posts (id),
    code TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('open', 'urgent', 'moved', 'over', 'cancelled')),
    sequence INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX call_outs_state ON call_outs (state);

CREATE TABLE call_revisions (
    revision_id BIGINT PRIMARY KEY REFERENCES post_revisions (id) ON DELETE CASCADE,
    starts_at TEXT,
    ends_at TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    latitude TEXT,
    longitude TEXT,
    point_until TEXT
);
CREATE INDEX call_revisions_ends ON call_revisions (ends_at);
CREATE INDEX call_revisions_point ON call_revisions (point_until) WHERE point_until IS NOT NULL;
