-- The Desk: drafts, reviews, second factors, allies, lists of blocks, quotes with consent.
ALTER TABLE blocks ADD COLUMN list_id BIGINT;
ALTER TABLE lock_level ADD COLUMN allow_list INTEGER NOT NULL DEFAULT 0;
ALTER TABLE organisers ADD COLUMN totp_new_sealed TEXT;
ALTER TABLE organisers ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN public_id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN proved_at TEXT;
ALTER TABLE sign_in_failures ADD COLUMN code_failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sign_in_failures ADD COLUMN code_last_at TEXT NOT NULL DEFAULT '';
ALTER TABLE posts ADD COLUMN quote_uri TEXT;
ALTER TABLE posts ADD COLUMN quote_state TEXT NOT NULL DEFAULT '' CHECK (quote_state IN ('', 'pending', 'accepted', 'rejected'));
ALTER TABLE posts ADD COLUMN quote_stamp TEXT;
ALTER TABLE posts ADD COLUMN quote_policy TEXT NOT NULL DEFAULT 'closed' CHECK (quote_policy IN ('open', 'known', 'approval', 'closed'));
ALTER TABLE replies ADD COLUMN host TEXT NOT NULL DEFAULT '';
ALTER TABLE replies ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE replies ADD COLUMN first_contact INTEGER NOT NULL DEFAULT 0;
ALTER TABLE replies ADD COLUMN same_text TEXT NOT NULL DEFAULT '';
ALTER TABLE replies ADD COLUMN rule_id BIGINT;
UPDATE sessions SET public_id = substr(token_hash, 1, 16);
UPDATE replies SET host = (SELECT a.host FROM remote_posts p JOIN remote_actors a ON a.id = p.actor_id WHERE p.id = remote_post_id),
    language = COALESCE((SELECT p.language FROM remote_posts p WHERE p.id = remote_post_id), '');
DROP INDEX posts_due;

CREATE TABLE block_lists (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    url TEXT UNIQUE,
    fetched_at TEXT,
    problem TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL
);

CREATE TABLE block_list_hosts (
    list_id BIGINT NOT NULL REFERENCES block_lists (id) ON DELETE CASCADE,
    host TEXT NOT NULL,
    PRIMARY KEY (list_id, host)
);
CREATE INDEX block_list_hosts_host ON block_list_hosts (host);

CREATE TABLE spared_hosts (
    host TEXT PRIMARY KEY,
    created_at TEXT NOT NULL
);

CREATE TABLE allowed_hosts (
    host TEXT PRIMARY KEY,
    created_at TEXT NOT NULL
);

CREATE TABLE lock_codes (
    code_hash TEXT PRIMARY KEY,
    level INTEGER NOT NULL,
    label TEXT NOT NULL DEFAULT '',
    created_day TEXT NOT NULL
);

CREATE TABLE recovery_codes (
    code_hash TEXT PRIMARY KEY,
    organiser_id BIGINT NOT NULL REFERENCES organisers (id) ON DELETE CASCADE
);
CREATE INDEX recovery_codes_organiser ON recovery_codes (organiser_id);

CREATE TABLE passkeys (
    id BIGINT PRIMARY KEY,
    organiser_id BIGINT NOT NULL REFERENCES organisers (id) ON DELETE CASCADE,
    credential_id TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL,
    sign_count BIGINT NOT NULL DEFAULT 0,
    name TEXT NOT NULL,
    created_day TEXT NOT NULL,
    last_used_day TEXT
);
CREATE INDEX passkeys_organiser ON passkeys (organiser_id);

CREATE TABLE sign_in_steps (
    token_hash TEXT PRIMARY KEY,
    organiser_id BIGINT REFERENCES organisers (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL,
    challenge TEXT NOT NULL DEFAULT '',
    tries INTEGER NOT NULL DEFAULT 0,
    expires_at TEXT NOT NULL
);

CREATE TABLE drafts (
    id BIGINT PRIMARY KEY,
    public_id TEXT NOT NULL UNIQUE,
    actor_id BIGINT NOT NULL REFERENCES actors (id),
    organiser_id BIGINT,
    edits_post_id BIGINT REFERENCES posts (id),
    state TEXT NOT NULL CHECK (state IN ('draft', 'review', 'scheduled')),
    version INTEGER NOT NULL DEFAULT 1,
    payload TEXT NOT NULL,
    publish_at TEXT,
    problem TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    scheduled_by BIGINT
);
CREATE INDEX drafts_newest ON drafts (actor_id, updated_at);
CREATE INDEX drafts_due ON drafts (publish_at) WHERE state = 'scheduled';

CREATE TABLE draft_media (
    draft_id BIGINT NOT NULL REFERENCES drafts (id) ON DELETE CASCADE,
    media_id BIGINT NOT NULL REFERENCES media (id),
    PRIMARY KEY (draft_id, media_id)
);
CREATE INDEX draft_media_media ON draft_media (media_id);

CREATE TABLE stamps (
    id BIGINT PRIMARY KEY,
    public_id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('quote', 'reply')),
    post_id BIGINT NOT NULL REFERENCES posts (id),
    remote_actor_id BIGINT NOT NULL REFERENCES remote_actors (id) ON DELETE CASCADE,
    interacting_uri TEXT NOT NULL UNIQUE,
    request_uri TEXT,
    state TEXT NOT NULL CHECK (state IN ('asked', 'given', 'refused')),
    created_at TEXT NOT NULL
);
CREATE INDEX stamps_post ON stamps (post_id);
CREATE INDEX stamps_actor ON stamps (remote_actor_id);
CREATE INDEX stamps_asked ON stamps (state, kind, id);

CREATE TABLE review_policy (
    kind TEXT PRIMARY KEY,
    eyes INTEGER NOT NULL
);

CREATE TABLE reviews (
    id BIGINT PRIMARY KEY,
    act TEXT NOT NULL CHECK (act IN ('publish', 'edit', 'delete', 'after')),
    draft_id BIGINT REFERENCES drafts (id) ON DELETE CASCADE,
    version INTEGER,
    post_id BIGINT REFERENCES posts (id),
    asked_by BIGINT,
    note TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'refused', 'withdrawn')),
    decided_by BIGINT,
    answer TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    decided_day TEXT
);
CREATE INDEX reviews_open ON reviews (state, id);
CREATE INDEX reviews_draft ON reviews (draft_id) WHERE draft_id IS NOT NULL;
CREATE INDEX reviews_post ON reviews (post_id) WHERE post_id IS NOT NULL;

CREATE TABLE word_rules (
    id BIGINT PRIMARY KEY,
    words TEXT NOT NULL UNIQUE,
    act TEXT NOT NULL CHECK (act IN ('hide', 'hold')),
    created_at TEXT NOT NULL
);

CREATE TABLE mutes (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('host', 'actor')),
    target TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL
);

CREATE TABLE allies (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('host', 'actor')),
    target TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL DEFAULT '',
    url TEXT NOT NULL DEFAULT '',
    shown INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL
);

CREATE TABLE home_timeline (
    id BIGINT PRIMARY KEY,
    remote_post_id BIGINT NOT NULL UNIQUE REFERENCES remote_posts (id) ON DELETE CASCADE,
    boosted_by BIGINT REFERENCES remote_actors (id) ON DELETE SET NULL,
    proposed INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL
);
CREATE INDEX home_timeline_proposed ON home_timeline (proposed, id) WHERE proposed > 0;

CREATE INDEX blocks_list ON blocks (list_id) WHERE list_id IS NOT NULL;
CREATE INDEX posts_expiring ON posts (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX posts_corrections ON posts (corrects_post_id) WHERE corrects_post_id IS NOT NULL;
CREATE INDEX replies_same ON replies (state, same_text, remote_post_id) WHERE same_text <> '';
CREATE INDEX replies_host ON replies (state, host, remote_post_id);
