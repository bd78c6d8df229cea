-- Inboxes that a fan-out leaves out, as they get the activity by themselves (JSON list of ids).
ALTER TABLE fanouts ADD COLUMN besides TEXT NOT NULL DEFAULT '[]';
