-- Callout: today's whole schema, the first file to read. The road to it is server/base/database/migrations/.
--
-- Shared by SQLite and PostgreSQL: TEXT, INTEGER (0 and 1 for no and yes), BIGINT. Times are UTC text of one width
-- ('2026-01-31T18:00:00.000000Z'), so they sort as text. Ids (`id`) are sortable by arrival and stay inside; `public_id`s are random, stand
-- in URLs and say nothing. Each table is written by one store only: the room named in its heading.
-- Nothing here holds an IP address, a user agent or a raw body from the network.

-- == base ====================================================================================================================

-- What this house is: base_url it was federated under, format version, secrets' salt. Never erased.
CREATE TABLE house (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- Which schema steps were taken.
CREATE TABLE migrations (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at TEXT NOT NULL
);

-- Processes that make ids, so that no two use one number. A row unseen for a day may be taken over.
CREATE TABLE nodes (
    node INTEGER PRIMARY KEY,
    holder TEXT NOT NULL,
    seen_at TEXT NOT NULL
);

-- The number of the newest change; its row lock makes the sequence follow the commits.
CREATE TABLE change_counter (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    latest BIGINT NOT NULL
);
INSERT INTO change_counter (one, latest) VALUES (1, 0);

-- What changed, in the order of the commits: versions the caches and wakes whoever listens. Erased after a day.
CREATE TABLE changes (
    number BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    at TEXT NOT NULL
);

-- Work to do outside of requests: fetches, housekeeping. Finished rows are erased at once, parked ones after 30 days.
CREATE TABLE jobs (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    lane TEXT NOT NULL DEFAULT '',
    key TEXT UNIQUE,
    payload TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'leased', 'parked')),
    due_at TEXT NOT NULL,
    leased_until TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX jobs_due ON jobs (state, due_at, id);

-- == safety ==================================================================================================================

-- Servers and actors we want nothing from. `target` is a host (and all below it) or an actor id. `list_id`: the block list that brought it.
CREATE TABLE blocks (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('host', 'actor')),
    target TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL DEFAULT '',
    announced_as TEXT,
    created_at TEXT NOT NULL,
    list_id BIGINT
);
CREATE INDEX blocks_list ON blocks (list_id) WHERE list_id IS NOT NULL;

-- Block lists that were imported or are subscribed to (`url`), so that each can be undone as a whole.
CREATE TABLE block_lists (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    url TEXT UNIQUE,
    fetched_at TEXT,
    problem TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL
);

-- Which list names which blocked server: what several of them name stays blocked until the last one goes.
CREATE TABLE block_list_hosts (
    list_id BIGINT NOT NULL REFERENCES block_lists (id) ON DELETE CASCADE,
    host TEXT NOT NULL,
    PRIMARY KEY (list_id, host)
);
CREATE INDEX block_list_hosts_host ON block_list_hosts (host);

-- Servers that an organiser unblocked by hand: no list blocks them again.
CREATE TABLE spared_hosts (
    host TEXT PRIMARY KEY,
    created_at TEXT NOT NULL
);

-- Servers (and all below them) that may come in while the allow-list is on.
CREATE TABLE allowed_hosts (
    host TEXT PRIMARY KEY,
    created_at TEXT NOT NULL
);

-- The one row says how far the house is locked: 0 open, 1 publishing frozen, 2 replies and follows closed too, 3 statement only.
CREATE TABLE lock_level (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    level INTEGER NOT NULL,
    since TEXT NOT NULL,
    allow_list INTEGER NOT NULL DEFAULT 0
);
INSERT INTO lock_level (one, level, since) VALUES (1, 0, '1970-01-01T00:00:00.000000Z');

-- Codes made in quiet times, each good for locking once and for nothing else. Only the hash is kept.
CREATE TABLE lock_codes (
    code_hash TEXT PRIMARY KEY,
    level INTEGER NOT NULL,
    label TEXT NOT NULL DEFAULT '',
    created_day TEXT NOT NULL
);

-- == audit ===================================================================================================================

-- Who did what, on which day (no hour). Read by keyholders, erased after the retention.
CREATE TABLE audit (
    id BIGINT PRIMARY KEY,
    day TEXT NOT NULL,
    organiser_id BIGINT,
    act TEXT NOT NULL,
    subject TEXT NOT NULL DEFAULT ''
);
CREATE INDEX audit_day ON audit (day);

-- == access ==================================================================================================================

-- People of the campaign. `name` is known only inside and stands in no public or federated byte.
CREATE TABLE organisers (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('writer', 'editor', 'moderator', 'keyholder')),
    password_hash TEXT,
    totp_sealed TEXT,
    totp_last_step BIGINT,
    role_until TEXT,
    suspended_at TEXT,
    created_day TEXT NOT NULL,
    last_seen_day TEXT,
    totp_new_sealed TEXT,
    language TEXT NOT NULL DEFAULT ''
);

-- Codes for whoever lost the second factor, each good once. Only the hash is kept; a used one is erased.
CREATE TABLE recovery_codes (
    code_hash TEXT PRIMARY KEY,
    organiser_id BIGINT NOT NULL REFERENCES organisers (id) ON DELETE CASCADE
);
CREATE INDEX recovery_codes_organiser ON recovery_codes (organiser_id);

-- Passkeys (WebAuthn): the public half of a key that never leaves its device. `name` is the organiser's own word for it.
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

-- Sign-ins that have taken their first step, and challenges that wait for a passkey. Erased when used or after minutes.
CREATE TABLE sign_in_steps (
    token_hash TEXT PRIMARY KEY,
    organiser_id BIGINT REFERENCES organisers (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL,
    challenge TEXT NOT NULL DEFAULT '',
    tries INTEGER NOT NULL DEFAULT 0,
    expires_at TEXT NOT NULL
);

-- One-time links: an invitation or a lost password. Only the hash of the secret is kept; a used or old link is erased.
CREATE TABLE sign_in_links (
    token_hash TEXT PRIMARY KEY,
    organiser_id BIGINT NOT NULL REFERENCES organisers (id) ON DELETE CASCADE,
    expires_at TEXT NOT NULL
);

-- Signed-in browsers. `public_id` names one in the list of them, `proved_at` is when it last gave password, code or passkey.
-- Erased at sign-out, suspension, password change or expiry.
CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY,
    organiser_id BIGINT NOT NULL REFERENCES organisers (id) ON DELETE CASCADE,
    csrf TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    last_seen_day TEXT NOT NULL,
    public_id TEXT NOT NULL DEFAULT '',
    name TEXT NOT NULL DEFAULT '',
    proved_at TEXT
);
CREATE INDEX sessions_organiser ON sessions (organiser_id);

-- Programs that asked to act for an organiser (OAuth clients). `callout token` uses the one named 'script'.
CREATE TABLE apps (
    id BIGINT PRIMARY KEY,
    client_id TEXT NOT NULL UNIQUE,
    client_secret_hash TEXT,
    name TEXT NOT NULL,
    website TEXT,
    redirect_uris TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at TEXT NOT NULL
);

-- Bearer tokens of programs. Only the hash is kept.
CREATE TABLE tokens (
    token_hash TEXT PRIMARY KEY,
    organiser_id BIGINT NOT NULL REFERENCES organisers (id) ON DELETE CASCADE,
    app_id BIGINT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    scopes TEXT NOT NULL,
    created_at TEXT NOT NULL,
    last_used_day TEXT
);
CREATE INDEX tokens_organiser ON tokens (organiser_id);

-- Wrong passwords per account, to slow guessing down without locking anyone out; wrong codes apart from them, as only whoever
-- has the password can be wrong there. Erased by a right one or after a day.
CREATE TABLE sign_in_failures (
    organiser_id BIGINT PRIMARY KEY REFERENCES organisers (id) ON DELETE CASCADE,
    failures INTEGER NOT NULL,
    last_at TEXT NOT NULL,
    code_failures INTEGER NOT NULL DEFAULT 0,
    code_last_at TEXT NOT NULL DEFAULT ''
);

-- == actors ==================================================================================================================

-- Everybody we are on the network: the instance, the campaign, later agendas and channels. Rows, not cases. Never erased.
CREATE TABLE actors (
    id BIGINT PRIMARY KEY,
    handle TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('instance', 'campaign', 'agenda', 'channel')),
    type TEXT NOT NULL,
    name TEXT NOT NULL,
    bio TEXT NOT NULL DEFAULT '',
    fields TEXT NOT NULL DEFAULT '[]',
    language TEXT NOT NULL DEFAULT 'en',
    time_zone TEXT NOT NULL DEFAULT 'UTC',
    avatar_media_id BIGINT,
    header_media_id BIGINT,
    accent TEXT NOT NULL DEFAULT '',
    discoverable INTEGER NOT NULL DEFAULT 1,
    indexable INTEGER NOT NULL DEFAULT 1,
    approves_followers INTEGER NOT NULL DEFAULT 0,
    also_known_as TEXT NOT NULL DEFAULT '[]',
    moved_to TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    suspended_at TEXT,
    languages TEXT NOT NULL DEFAULT '[]'
);

-- Signing keys, private halves sealed with the key outside the database. Rotation adds a version, nothing is erased.
CREATE TABLE actor_keys (
    id BIGINT PRIMARY KEY,
    actor_id BIGINT NOT NULL REFERENCES actors (id),
    version INTEGER NOT NULL,
    fragment TEXT NOT NULL,
    algorithm TEXT NOT NULL CHECK (algorithm IN ('rsa', 'ed25519')),
    public_pem TEXT NOT NULL,
    private_sealed TEXT NOT NULL,
    created_at TEXT NOT NULL,
    retired_at TEXT,
    UNIQUE (actor_id, fragment, version)
);

-- == remote ==================================================================================================================

-- Actors of other servers that did something with us. Erased when their server says so or 90 days after the last reason to know them.
CREATE TABLE remote_actors (
    id BIGINT PRIMARY KEY,
    uri TEXT NOT NULL UNIQUE,
    host TEXT NOT NULL,
    type TEXT NOT NULL,
    username TEXT NOT NULL,
    handle TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    bio TEXT NOT NULL DEFAULT '',
    url TEXT NOT NULL,
    inbox TEXT NOT NULL,
    shared_inbox TEXT,
    followers_uri TEXT,
    featured_uri TEXT,
    also_known_as TEXT NOT NULL DEFAULT '[]',
    moved_to TEXT,
    manually_approves INTEGER NOT NULL DEFAULT 0,
    suspended INTEGER NOT NULL DEFAULT 0,
    first_seen_at TEXT NOT NULL,
    fetched_at TEXT NOT NULL
);
CREATE INDEX remote_actors_host ON remote_actors (host);
CREATE INDEX remote_actors_handle ON remote_actors (handle);
CREATE INDEX remote_actors_age ON remote_actors (fetched_at);

-- Public keys of remote actors, by key id. Replaced by one refetch when a signature fails, erased with the actor.
CREATE TABLE remote_keys (
    key_id TEXT PRIMARY KEY,
    actor_uri TEXT NOT NULL,
    public_pem TEXT NOT NULL,
    fetched_at TEXT NOT NULL
);
CREATE INDEX remote_keys_actor ON remote_keys (actor_uri);

-- Posts of others that we keep: replies, mentions, direct messages, what we boost or answer. HTML is clean before it gets here.
CREATE TABLE remote_posts (
    id BIGINT PRIMARY KEY,
    uri TEXT NOT NULL UNIQUE,
    actor_id BIGINT NOT NULL REFERENCES remote_actors (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    type TEXT NOT NULL,
    in_reply_to TEXT,
    context TEXT,
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'unlisted', 'followers', 'direct')),
    language TEXT,
    warning TEXT NOT NULL DEFAULT '',
    html TEXT NOT NULL,
    sensitive INTEGER NOT NULL DEFAULT 0,
    attachments TEXT NOT NULL DEFAULT '[]',
    published_at TEXT NOT NULL,
    edited_at TEXT,
    edits INTEGER NOT NULL DEFAULT 0,
    received_at TEXT NOT NULL
);
CREATE INDEX remote_posts_actor ON remote_posts (actor_id, id);
CREATE INDEX remote_posts_parent ON remote_posts (in_reply_to);

-- == delivery ================================================================================================================

-- One row per distinct inbox that anything was or will be sent to.
CREATE TABLE inboxes (
    id BIGINT PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    host TEXT NOT NULL,
    gone_at TEXT
);
CREATE INDEX inboxes_host ON inboxes (host);

-- Health of other servers. A host that fails for 14 days is dead and left alone until it calls. Erased when well again.
CREATE TABLE hosts (
    host TEXT PRIMARY KEY,
    failures INTEGER NOT NULL DEFAULT 0,
    failing_since TEXT,
    paused_until TEXT,
    dead_since TEXT
);

-- What we say to the network: the exact bytes, signed anew for each host. `object_uri` orders what is said about one thing.
CREATE TABLE outbox (
    id BIGINT PRIMARY KEY,
    public_id TEXT NOT NULL UNIQUE,
    actor_id BIGINT NOT NULL REFERENCES actors (id),
    type TEXT NOT NULL,
    object_uri TEXT NOT NULL,
    body TEXT NOT NULL,
    listed INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL
);
CREATE INDEX outbox_actor ON outbox (actor_id, listed, id);
CREATE INDEX outbox_object ON outbox (object_uri, id);

-- One row per post and all its followers: a cursor over followed inboxes, however many there are, and the inboxes that get it by
-- themselves. Kept for the delivery count of the post.
CREATE TABLE fanouts (
    outbox_id BIGINT PRIMARY KEY REFERENCES outbox (id) ON DELETE CASCADE,
    actor_id BIGINT NOT NULL REFERENCES actors (id),
    class INTEGER NOT NULL,
    up_to BIGINT NOT NULL,
    cursor BIGINT NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0,
    besides TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX fanouts_open ON fanouts (done, class, outbox_id);

-- Inboxes of hosts that failed last time, passed over by a fan-out (done = 2 while there are any): they get it when all others have it. Some hundreds in a row, as JSON.
CREATE TABLE fanout_leftovers (
    outbox_id BIGINT NOT NULL REFERENCES fanouts (outbox_id) ON DELETE CASCADE,
    id BIGINT NOT NULL,
    inboxes TEXT NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (outbox_id, id)
);

-- One activity for one inbox. class: 0 for one person, 1 urgent, 2 fan-out, 3 for hosts that failed last time. Rows of delivered and given up ones are folded into delivery_counts.
CREATE TABLE deliveries (
    id BIGINT PRIMARY KEY,
    outbox_id BIGINT NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    inbox_id BIGINT NOT NULL REFERENCES inboxes (id),
    host TEXT NOT NULL,
    object_uri TEXT NOT NULL,
    class INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'leased', 'failed')),
    due_at TEXT NOT NULL,
    leased_until TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    first_tried_at TEXT,
    last_status INTEGER,
    reason TEXT NOT NULL DEFAULT '',
    UNIQUE (outbox_id, inbox_id)
);
CREATE INDEX deliveries_due ON deliveries (state, class, due_at, id);
CREATE INDEX deliveries_order ON deliveries (host, object_uri, id);
CREATE INDEX deliveries_leased ON deliveries (host) WHERE state = 'leased';

-- How far one activity got: "298 of 311 servers have it". Expected grows while the fan-out expands.
CREATE TABLE delivery_counts (
    outbox_id BIGINT PRIMARY KEY REFERENCES outbox (id) ON DELETE CASCADE,
    object_uri TEXT NOT NULL,
    expected INTEGER NOT NULL DEFAULT 0,
    delivered INTEGER NOT NULL DEFAULT 0,
    given_up INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX delivery_counts_object ON delivery_counts (object_uri);

-- == followers ===============================================================================================================

-- Who follows one of our actors. `inbox_id` is the shared inbox where there is one.
CREATE TABLE followers (
    id BIGINT PRIMARY KEY,
    actor_id BIGINT NOT NULL REFERENCES actors (id),
    remote_actor_id BIGINT NOT NULL REFERENCES remote_actors (id) ON DELETE CASCADE,
    inbox_id BIGINT NOT NULL REFERENCES inboxes (id),
    state TEXT NOT NULL CHECK (state IN ('pending', 'accepted')),
    follow_uri TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (actor_id, remote_actor_id)
);
CREATE INDEX followers_inbox ON followers (inbox_id);
CREATE INDEX followers_state ON followers (actor_id, state, id);
CREATE INDEX followers_remote ON followers (remote_actor_id);

-- The distinct inboxes of accepted followers, one row each, kept up to date by Follow and Undo: what a fan-out walks.
CREATE TABLE followed_inboxes (
    id BIGINT PRIMARY KEY,
    actor_id BIGINT NOT NULL REFERENCES actors (id),
    inbox_id BIGINT NOT NULL REFERENCES inboxes (id),
    followers INTEGER NOT NULL,
    UNIQUE (actor_id, inbox_id)
);
CREATE INDEX followed_inboxes_walk ON followed_inboxes (actor_id, id);

-- How many accepted followers each of our actors has, kept in the same transaction: every page and profile says it.
CREATE TABLE follower_counts (
    actor_id BIGINT PRIMARY KEY REFERENCES actors (id),
    followers INTEGER NOT NULL DEFAULT 0
);

-- Whom one of our actors follows. `follow_id` names our Follow activity, so that its Accept can be matched.
CREATE TABLE following (
    id BIGINT PRIMARY KEY,
    actor_id BIGINT NOT NULL REFERENCES actors (id),
    remote_actor_id BIGINT NOT NULL REFERENCES remote_actors (id) ON DELETE CASCADE,
    state TEXT NOT NULL CHECK (state IN ('pending', 'accepted', 'rejected')),
    follow_uri TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    UNIQUE (actor_id, remote_actor_id)
);
CREATE INDEX following_remote ON following (remote_actor_id);

-- == media ===================================================================================================================

-- Pictures, re-drawn from pixels; the files bear random names. Erased with their post, or a day after upload if never used.
CREATE TABLE media (
    id BIGINT PRIMARY KEY,
    public_id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('post', 'avatar', 'header')),
    mime TEXT NOT NULL,
    extension TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    small_mime TEXT NOT NULL,
    small_extension TEXT NOT NULL,
    small_width INTEGER NOT NULL,
    small_height INTEGER NOT NULL,
    small_bytes INTEGER NOT NULL,
    blurhash TEXT NOT NULL,
    focus_x TEXT,
    focus_y TEXT,
    alt TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    attached_at TEXT,
    deleted_at TEXT,
    avif_bytes INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX media_unused ON media (attached_at, created_at);

-- == posts ===================================================================================================================

-- What we publish. The words stand in revisions; this row says which one is live and who may see it. `published_at` is
-- rounded to the minute, `updated_at` only grows. A deleted post keeps this row (its address answers 410) and loses its words.
CREATE TABLE posts (
    id BIGINT PRIMARY KEY,
    public_id TEXT NOT NULL UNIQUE,
    actor_id BIGINT NOT NULL REFERENCES actors (id),
    kind TEXT NOT NULL CHECK (kind IN ('update', 'article', 'call-out', 'correction')),
    state TEXT NOT NULL CHECK (state IN ('draft', 'scheduled', 'review', 'live', 'deleted')),
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'unlisted', 'followers', 'direct')),
    reply_policy TEXT NOT NULL DEFAULT 'approval' CHECK (reply_policy IN ('open', 'known', 'approval', 'closed')),
    language TEXT NOT NULL,
    live_revision_id BIGINT,
    in_reply_to_uri TEXT,
    in_reply_to_post_id BIGINT,
    corrects_post_id BIGINT,
    thread_public_id TEXT NOT NULL,
    publish_at TEXT,
    expires_at TEXT,
    published_at TEXT,
    updated_at TEXT,
    edited_at TEXT,
    deleted_at TEXT,
    pinned_at TEXT,
    month TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    quote_uri TEXT,
    quote_state TEXT NOT NULL DEFAULT '' CHECK (quote_state IN ('', 'pending', 'accepted', 'rejected')),
    quote_stamp TEXT,
    quote_policy TEXT NOT NULL DEFAULT 'closed' CHECK (quote_policy IN ('open', 'known', 'approval', 'closed')),
    own_notes INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX posts_timeline ON posts (actor_id, state, visibility, id);
CREATE INDEX posts_month ON posts (actor_id, state, visibility, month, id);
CREATE INDEX posts_desk ON posts (actor_id, state, id);
CREATE INDEX posts_answers ON posts (in_reply_to_post_id) WHERE in_reply_to_post_id IS NOT NULL;
CREATE INDEX posts_thread ON posts (thread_public_id, id);
CREATE INDEX posts_pinned ON posts (actor_id, pinned_at) WHERE pinned_at IS NOT NULL;
CREATE INDEX posts_parent ON posts (in_reply_to_uri) WHERE in_reply_to_uri IS NOT NULL;
CREATE INDEX posts_expiring ON posts (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX posts_corrections ON posts (corrects_post_id) WHERE corrects_post_id IS NOT NULL;

-- What is being written: a new post, or (`edits_post_id`) the next words of one that stands. `payload` is the draft as JSON. A
-- change makes a new `version`; approvals bind to one. A draft becomes a post when it is published (ids follow publication), and is erased.
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

-- Pictures that drafts hold on to.
CREATE TABLE draft_media (
    draft_id BIGINT NOT NULL REFERENCES drafts (id) ON DELETE CASCADE,
    media_id BIGINT NOT NULL REFERENCES media (id),
    PRIMARY KEY (draft_id, media_id)
);
CREATE INDEX draft_media_media ON draft_media (media_id);

-- Consent: who asked to quote a post of ours or to reply to it (`request_uri`: by which activity), and what our stamp says. Erased when
-- taken back; others check it by its address.
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

-- == reviews =================================================================================================================

-- How many pairs of eyes each kind of act wants, where the campaign chose otherwise than the default.
CREATE TABLE review_policy (
    kind TEXT PRIMARY KEY,
    eyes INTEGER NOT NULL
);

-- Somebody asks a second pair of eyes: for one version of a draft, for deleting a post, or (`after`) for what was published without.
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

-- Each version of a post, immutable; earlier ones can be erased, and numbers go on from theirs. `organiser_id` stays inside the house.
CREATE TABLE post_revisions (
    id BIGINT PRIMARY KEY,
    post_id BIGINT NOT NULL REFERENCES posts (id),
    number INTEGER NOT NULL,
    organiser_id BIGINT,
    sensitive INTEGER NOT NULL DEFAULT 0,
    minor INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    published_at TEXT,
    UNIQUE (post_id, number)
);

-- The words of a revision in one language. Exactly one row a revision is 'main'; translations are drafts, approved or stale. Call-outs also
-- say where (`place`), what is needed and what to do `instead` of coming.
CREATE TABLE texts (
    revision_id BIGINT NOT NULL REFERENCES post_revisions (id) ON DELETE CASCADE,
    language TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('main', 'draft', 'approved', 'stale')),
    title TEXT NOT NULL DEFAULT '',
    warning TEXT NOT NULL DEFAULT '',
    source TEXT NOT NULL,
    html TEXT NOT NULL,
    place TEXT NOT NULL DEFAULT '',
    needs TEXT NOT NULL DEFAULT '',
    instead TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (revision_id, language)
);

-- The pictures of a revision, in order, with the words for those who cannot see them.
CREATE TABLE revision_media (
    revision_id BIGINT NOT NULL REFERENCES post_revisions (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    media_id BIGINT NOT NULL REFERENCES media (id),
    alt TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (revision_id, position)
);
CREATE INDEX revision_media_media ON revision_media (media_id);

-- What a translation says of the pictures of its revision; the main words stand with them in revision_media.
CREATE TABLE text_alts (
    revision_id BIGINT NOT NULL REFERENCES post_revisions (id) ON DELETE CASCADE,
    language TEXT NOT NULL,
    media_id BIGINT NOT NULL REFERENCES media (id),
    alt TEXT NOT NULL,
    PRIMARY KEY (revision_id, language, media_id)
);
CREATE INDEX text_alts_media ON text_alts (media_id);

-- Translations of live posts that are being written; approving one makes a revision of it. `payload` is the translation as JSON.
CREATE TABLE translation_drafts (
    post_id BIGINT NOT NULL REFERENCES posts (id),
    language TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    organiser_id BIGINT,
    payload TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (post_id, language)
);

-- Notes of their own that say a post in another language; their words are those of the post. `said` is a hash of what was sent last.
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

-- Replies that are translations (#translation): never shown as replies. Those of strangers are held until an organiser lets them in.
CREATE TABLE translation_suggestions (
    remote_post_id BIGINT PRIMARY KEY REFERENCES remote_posts (id) ON DELETE CASCADE,
    post_id BIGINT NOT NULL REFERENCES posts (id),
    language TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL CHECK (state IN ('held', 'open', 'taken', 'discarded')),
    received_at TEXT NOT NULL
);
CREATE INDEX translation_suggestions_post ON translation_suggestions (post_id, state);

-- Actors named in a revision, as resolved when it was published.
CREATE TABLE revision_mentions (
    revision_id BIGINT NOT NULL REFERENCES post_revisions (id) ON DELETE CASCADE,
    handle TEXT NOT NULL,
    actor_uri TEXT NOT NULL,
    url TEXT NOT NULL,
    PRIMARY KEY (revision_id, handle)
);

-- Tags of live posts, folded to lower case for finding, as written for showing.
CREATE TABLE post_tags (
    post_id BIGINT NOT NULL REFERENCES posts (id),
    tag TEXT NOT NULL,
    shown TEXT NOT NULL,
    PRIMARY KEY (post_id, tag)
);
CREATE INDEX post_tags_tag ON post_tags (tag, post_id);

-- A question asked with a post.
CREATE TABLE polls (
    post_id BIGINT PRIMARY KEY REFERENCES posts (id),
    multiple INTEGER NOT NULL DEFAULT 0,
    ends_at TEXT NOT NULL,
    closed_at TEXT,
    voters INTEGER NOT NULL DEFAULT 0,
    announced_at TEXT
);

-- Its answers and how often each was chosen.
CREATE TABLE poll_options (
    post_id BIGINT NOT NULL REFERENCES polls (post_id),
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    votes INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (post_id, position)
);

-- Who voted for what, only to count nobody twice. Erased a day after the poll ends.
CREATE TABLE poll_votes (
    post_id BIGINT NOT NULL REFERENCES polls (post_id),
    voter_hash TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (post_id, voter_hash, position)
);

-- Answers to requests that may come twice (Idempotency-Key): the post that the first one made. Erased after a day.
CREATE TABLE idempotency_keys (
    key_hash TEXT PRIMARY KEY,
    post_id BIGINT NOT NULL REFERENCES posts (id),
    created_at TEXT NOT NULL
);

-- == callouts ================================================================================================================

-- Call-outs among the posts: `code` stands in the short address and says nothing, `sequence` is what calendars hear of (RFC 5545).
CREATE TABLE call_outs (
    post_id BIGINT PRIMARY KEY REFERENCES posts (id),
    code TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('open', 'urgent', 'moved', 'over', 'cancelled')),
    sequence INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX call_outs_state ON call_outs (state);

-- When a call-out is, as of one revision. The exact point is there only if an organiser gave it, and is erased at `point_until`.
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

-- == publishing ==============================================================================================================

-- What the campaign boosts. `public_id` names the Announce.
CREATE TABLE our_boosts (
    id BIGINT PRIMARY KEY,
    public_id TEXT NOT NULL UNIQUE,
    actor_id BIGINT NOT NULL REFERENCES actors (id),
    object_uri TEXT NOT NULL,
    remote_post_id BIGINT,
    created_at TEXT NOT NULL,
    UNIQUE (actor_id, object_uri)
);

-- What the campaign likes. `public_id` names the Like.
CREATE TABLE our_likes (
    id BIGINT PRIMARY KEY,
    public_id TEXT NOT NULL UNIQUE,
    actor_id BIGINT NOT NULL REFERENCES actors (id),
    object_uri TEXT NOT NULL,
    remote_post_id BIGINT,
    created_at TEXT NOT NULL,
    UNIQUE (actor_id, object_uri)
);

-- What an actor says of itself at length (`statement`) and how it is reached (`contact`), as plain text by language; `security` is the
-- one address of security.txt, without a language. Erased when emptied.
CREATE TABLE about_words (
    actor_id BIGINT NOT NULL REFERENCES actors (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('statement', 'contact', 'security')),
    language TEXT NOT NULL,
    source TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (actor_id, purpose, language)
);

-- == conversation ============================================================================================================

-- What others say to us and what we do with it. `post_id` is our post it belongs to (also when it answers another reply), empty for a
-- bare mention or a direct message. Held until an organiser approves; direct messages are never public and go after the retention.
-- `signs`: it says #signed, which signs a call-out of ours.
CREATE TABLE replies (
    remote_post_id BIGINT PRIMARY KEY REFERENCES remote_posts (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('reply', 'mention', 'direct', 'quote')),
    post_id BIGINT REFERENCES posts (id),
    actor_id BIGINT NOT NULL REFERENCES actors (id),
    state TEXT NOT NULL CHECK (state IN ('held', 'approved', 'hidden')),
    decided_day TEXT,
    seen INTEGER NOT NULL DEFAULT 0,
    received_at TEXT NOT NULL,
    host TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT '',
    first_contact INTEGER NOT NULL DEFAULT 0,
    same_text TEXT NOT NULL DEFAULT '',
    rule_id BIGINT,
    signs INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX replies_post ON replies (post_id, state, remote_post_id);
CREATE INDEX replies_queue ON replies (state, kind, remote_post_id);
CREATE INDEX replies_same ON replies (state, same_text, remote_post_id) WHERE same_text <> '';
CREATE INDEX replies_host ON replies (state, host, remote_post_id);
CREATE INDEX replies_signs ON replies (post_id) WHERE signs = 1;

-- Words that decide at once: what holds one of them is hidden, or held whoever says it.
CREATE TABLE word_rules (
    id BIGINT PRIMARY KEY,
    words TEXT NOT NULL UNIQUE,
    act TEXT NOT NULL CHECK (act IN ('hide', 'hold')),
    created_at TEXT NOT NULL
);

-- Whom we leave talking: what they say is hidden without a decision, and they are not told. `target` is a host or an actor id.
CREATE TABLE mutes (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('host', 'actor')),
    target TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL
);

-- Boosts and likes of our posts by others, one each. Counted, never listed in public; but a boost of a call-out by an ally signs it.
CREATE TABLE interactions (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('boost', 'like')),
    post_id BIGINT NOT NULL REFERENCES posts (id),
    remote_actor_id BIGINT NOT NULL REFERENCES remote_actors (id) ON DELETE CASCADE,
    activity_uri TEXT,
    emoji TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    UNIQUE (kind, post_id, remote_actor_id)
);
CREATE INDEX interactions_actor ON interactions (remote_actor_id);
CREATE INDEX interactions_uri ON interactions (activity_uri);

-- The counts that pages show, kept in the same transaction as what they count.
CREATE TABLE post_counts (
    post_id BIGINT PRIMARY KEY REFERENCES posts (id),
    replies INTEGER NOT NULL DEFAULT 0,
    boosts INTEGER NOT NULL DEFAULT 0,
    likes INTEGER NOT NULL DEFAULT 0
);

-- Reports from other servers about us or about a reply on our pages. Erased after the retention once settled.
CREATE TABLE reports (
    id BIGINT PRIMARY KEY,
    activity_uri TEXT,
    host TEXT NOT NULL,
    objects TEXT NOT NULL,
    content TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'settled')),
    created_at TEXT NOT NULL
);

-- == allies ==================================================================================================================

-- Groups (or whole servers) whose replies pass at once and whose call-outs are proposed for a boost; `shown` on our public page of allies.
CREATE TABLE allies (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('host', 'actor')),
    target TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL DEFAULT '',
    url TEXT NOT NULL DEFAULT '',
    shown INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL
);

-- What organisers decided about single signatures under a call-out: a group that is no ally counts, or one that would count does not. Who
-- signs at all (boosts it, or answers it with #signed) stands in interactions and replies. Erased with the post.
CREATE TABLE signature_decisions (
    post_id BIGINT NOT NULL REFERENCES posts (id),
    remote_actor_id BIGINT NOT NULL REFERENCES remote_actors (id) ON DELETE CASCADE,
    counts INTEGER NOT NULL,
    PRIMARY KEY (post_id, remote_actor_id)
);
CREATE INDEX signature_decisions_actor ON signature_decisions (remote_actor_id);

-- == offers ==================================================================================================================

-- "I cannot come, but...": what readers offer, without an account. The words (`sealed`, `answers`, `reply`) are sealed with the key outside the
-- database. `name` is random and `arrived_at` rounded down to the hour, so that no row can be laid beside somebody's connection. Of the code that
-- looks an answer up a keyed mark is kept, and of the words another one (`same`) that finds copies. Erased at `due_at`, pictures first.
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

-- Pictures of offers, re-drawn, in sealed files of their own: organisers see them on the Desk, nobody anywhere else.
CREATE TABLE offer_pictures (
    name TEXT PRIMARY KEY,
    offer TEXT NOT NULL REFERENCES offers (name) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    mime TEXT NOT NULL
);
CREATE INDEX offer_pictures_offer ON offer_pictures (offer, position);

-- The one row says whether the campaign asks for offers, and for which kinds. None: for all of them.
CREATE TABLE offer_form (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    asks INTEGER NOT NULL,
    kinds TEXT NOT NULL
);

-- == timelines ===============================================================================================================

-- What those we follow say and boost, newest first, for boosting. `proposed`: an ally's call-out that waits for a decision.
CREATE TABLE home_timeline (
    id BIGINT PRIMARY KEY,
    remote_post_id BIGINT NOT NULL UNIQUE REFERENCES remote_posts (id) ON DELETE CASCADE,
    boosted_by BIGINT REFERENCES remote_actors (id) ON DELETE SET NULL,
    proposed INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL
);
CREATE INDEX home_timeline_proposed ON home_timeline (proposed, id) WHERE proposed > 0;

-- == inbox ===================================================================================================================

-- sha256(actor, activity id) of everything applied, so that nothing is applied twice. Erased after 30 days; natural keys hold beyond.
CREATE TABLE seen_activities (
    hash TEXT PRIMARY KEY,
    seen_at TEXT NOT NULL
);
CREATE INDEX seen_activities_age ON seen_activities (seen_at);

-- Deletes and Undos that came before what they take back, by sha256(actor, id). Erased after a day.
CREATE TABLE early_deletes (
    hash TEXT PRIMARY KEY,
    seen_at TEXT NOT NULL
);
CREATE INDEX early_deletes_age ON early_deletes (seen_at);
