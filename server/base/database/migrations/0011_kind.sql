-- A lighter sibling of small pictures; what the campaign says of itself, and how it is reached.
ALTER TABLE media ADD COLUMN avif_bytes INTEGER NOT NULL DEFAULT 0;

CREATE TABLE about_words (
    actor_id BIGINT NOT NULL REFERENCES actors (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('statement', 'contact', 'security')),
    language TEXT NOT NULL,
    source TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (actor_id, purpose, language)
);
