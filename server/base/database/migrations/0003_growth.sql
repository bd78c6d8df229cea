-- Indexes for what is asked of tables that grow: who follows by the one who is gone, lists of the Desk, answers, threads, months.
CREATE INDEX followers_remote ON followers (remote_actor_id);
CREATE INDEX following_remote ON following (remote_actor_id);
CREATE INDEX remote_actors_age ON remote_actors (fetched_at);
CREATE INDEX posts_desk ON posts (actor_id, state, id);
CREATE INDEX posts_answers ON posts (in_reply_to_post_id);
CREATE INDEX posts_thread ON posts (thread_public_id, id);
DROP INDEX posts_month;
CREATE INDEX posts_month ON posts (actor_id, state, visibility, month, id);
