-- Followers are counted as they come and go: counting a hundred thousand for each page took longer than all else on it.
CREATE TABLE follower_counts (
    actor_id BIGINT PRIMARY KEY REFERENCES actors (id),
    followers INTEGER NOT NULL DEFAULT 0
);
INSERT INTO follower_counts (actor_id, followers)
    SELECT actor_id, count(*) FROM followers WHERE state = 'accepted' GROUP BY actor_id;
