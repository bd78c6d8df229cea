-- "I cannot come, but...": what readers offer without an account, and which kinds the campaign asks for.
CREATE TABLE offers (
    name TEXT PRIMARY KEY,
    code_mark TEXT NOT NULL UNIQUE,
    same TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('bed', 'car', 'food', 'translation', 'skill', 'idea', 'report', 'other')),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'claimed', 'answered', 'spam')),
    about_post_id BIGINT REFERENCES posts (id),
    page_language TEXT NOT NULL,
    language TEXT NOT NULL,
    sealed TEXT NOT NULL,
    answers TEXT NOT NULL DEFAULT '',
    reply TEXT NOT NULL DEFAULT '',
    claimed_by BIGINT,
    arrived_at TEXT NOT NULL,
    due_at TEXT NOT NULL
);
CREATE INDEX offers_queue ON offers (state, arrived_at, name);
CREATE INDEX offers_due ON offers (due_at);
CREATE INDEX offers_same ON offers (same);

CREATE TABLE offer_pictures (
    name TEXT PRIMARY KEY,
    offer TEXT NOT NULL REFERENCES offers (name) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    mime TEXT NOT NULL
);
CREATE INDEX offer_pictures_offer ON offer_pictures (offer, position);

CREATE TABLE offer_form (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    asks INTEGER NOT NULL,
    kinds TEXT NOT NULL
);
