-- Most posts answer nothing, are not pinned and wait for no hour: they need no page in these.
DROP INDEX posts_answers;
DROP INDEX posts_pinned;
DROP INDEX posts_parent;
DROP INDEX posts_due;
CREATE INDEX posts_answers ON posts (in_reply_to_post_id) WHERE in_reply_to_post_id IS NOT NULL;
CREATE INDEX posts_pinned ON posts (actor_id, pinned_at) WHERE pinned_at IS NOT NULL;
CREATE INDEX posts_parent ON posts (in_reply_to_uri) WHERE in_reply_to_uri IS NOT NULL;
CREATE INDEX posts_due ON posts (publish_at) WHERE state = 'scheduled';
