-- One post, several languages: which ones the campaign speaks, translations that are written, their own notes, and suggestions.
ALTER TABLE actors ADD COLUMN languages TEXT NOT NULL DEFAULT '[]';
ALTER TABLE posts ADD COLUMN own_notes INTEGER NOT NULL DEFAULT 0;

CREATE TABLE text_alts (
    revision_id BIGINT NOT NULL REFERENCES post_revisions (id) ON DELETE CASCADE,
    language TEXT NOT NULL,
    media_id BIGINT NOT NULL REFERENCES media (id),
    alt TEXT NOT NULL,
    PRIMARY KEY (revision_id, language, media_id)
);
CREATE INDEX text_alts_media ON text_alts (media_id);

CREATE TABLE translation_drafts (
    post_id BIGINT NOT NULL REFERENCES posts (id),
    language TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    organiser_id BIGINT,
    payload TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (post_id, language)
);

CREATE TABLE translation_notes (
    public_id TEXT PRIMARY KEY,
    post_id BIGINT NOT NULL REFERENCES posts (id),
    language TEXT NOT NULL,
    said TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT,
    deleted_at TEXT
);
CREATE INDEX translation_notes_post ON translation_notes (post_id);

CREATE TABLE translation_suggestions (
    remote_post_id BIGINT PRIMARY KEY REFERENCES remote_posts (id) ON DELETE CASCADE,
    post_id BIGINT NOT NULL REFERENCES posts (id),
    language TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL CHECK (state IN ('held', 'open', 'taken', 'discarded')),
    received_at TEXT NOT NULL
);
CREATE INDEX translation_suggestions_post ON translation_suggestions (post_id, state);
