-- Every table's key starts with the user: one tenant's rows lie together.
CREATE TABLE users (
    id text COLLATE "C" PRIMARY KEY,
    email text COLLATE "C" NOT NULL UNIQUE,
    name text NOT NULL,
    password_hash text NOT NULL,
    time_zone text,
    theme text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

-- Allocates a user's ids, orders their writes and numbers their changes.
CREATE TABLE user_state (
    user_id text COLLATE "C" PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    last_task_id bigint NOT NULL DEFAULT 0,
    last_conversation_id bigint NOT NULL DEFAULT 0,
    last_turn_id bigint NOT NULL DEFAULT 0,
    last_message_id bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 0
);

CREATE TABLE user_sessions (
    id text COLLATE "C" PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
    token_hash text COLLATE "C" NOT NULL UNIQUE,
    remember boolean NOT NULL,
    ip_address text,
    user_agent text,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX user_sessions_by_user ON user_sessions (user_id, created_at);

CREATE TABLE password_resets (
    token_hash text COLLATE "C" PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX password_resets_by_user ON password_resets (user_id);

-- Counts attempts per key (an account, a client address) in windows, over all replicas.
CREATE TABLE rate_limits (
    key text COLLATE "C" PRIMARY KEY,
    attempts integer NOT NULL,
    window_ends_at timestamptz NOT NULL
);
CREATE INDEX rate_limits_by_end ON rate_limits (window_ends_at);

CREATE TABLE tasks (
    user_id text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
    id bigint NOT NULL,
    title text NOT NULL,
    title_key text COLLATE "C" NOT NULL,
    search_key text COLLATE "C" NOT NULL,
    description text,
    completed boolean NOT NULL,
    priority smallint NOT NULL,
    due_date text COLLATE "C",
    tags text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    PRIMARY KEY (user_id, id)
);
CREATE INDEX tasks_by_completed ON tasks (user_id, completed, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX tasks_by_title ON tasks (user_id, title_key, id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_by_due_date ON tasks (user_id, due_date, id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_by_priority ON tasks (user_id, priority DESC, id DESC) WHERE deleted_at IS NULL;

CREATE TABLE task_tags (
    user_id text COLLATE "C" NOT NULL,
    tag_key text COLLATE "C" NOT NULL,
    task_id bigint NOT NULL,
    PRIMARY KEY (user_id, tag_key, task_id),
    FOREIGN KEY (user_id, task_id) REFERENCES tasks ON DELETE CASCADE
);
CREATE INDEX task_tags_by_task ON task_tags (user_id, task_id);

CREATE TABLE conversations (
    user_id text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
    id bigint NOT NULL,
    title text NOT NULL,
    title_key text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id)
);

CREATE TABLE messages (
    user_id text COLLATE "C" NOT NULL,
    id bigint NOT NULL,
    conversation_id bigint NOT NULL,
    turn_id bigint NOT NULL,
    role text NOT NULL,
    content text NOT NULL,
    hidden boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, conversation_id) REFERENCES conversations ON DELETE CASCADE
);
CREATE INDEX messages_by_conversation ON messages (user_id, conversation_id, id);

CREATE TABLE turns (
    user_id text COLLATE "C" NOT NULL,
    id bigint NOT NULL,
    conversation_id bigint NOT NULL,
    message_id bigint NOT NULL,
    reply_id bigint NOT NULL,
    state text COLLATE "C" NOT NULL,
    time_zone text NOT NULL,
    -- The process that runs it, until when it may be believed to live, and whether it should stop.
    owner text COLLATE "C",
    lease_until timestamptz,
    stop_requested boolean NOT NULL DEFAULT false,
    -- The question it waits on, and how many questions the user has said yes to.
    approval text,
    approved integer NOT NULL DEFAULT 0,
    error text,
    last_seq bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, conversation_id) REFERENCES conversations ON DELETE CASCADE
);
CREATE UNIQUE INDEX turns_unfinished ON turns (user_id, conversation_id) WHERE state IN ('running', 'waiting');
CREATE INDEX turns_by_conversation ON turns (user_id, conversation_id);
CREATE INDEX turns_by_lease ON turns (lease_until) WHERE state = 'running';
CREATE INDEX turns_by_owner ON turns (owner) WHERE state = 'running';

-- One step is one answer of the model: what it said, then the calls it asked for.
CREATE TABLE turn_steps (
    user_id text COLLATE "C" NOT NULL,
    turn_id bigint NOT NULL,
    step integer NOT NULL,
    said text NOT NULL,
    PRIMARY KEY (user_id, turn_id, step),
    FOREIGN KEY (user_id, turn_id) REFERENCES turns ON DELETE CASCADE
);

CREATE TABLE tool_calls (
    user_id text COLLATE "C" NOT NULL,
    turn_id bigint NOT NULL,
    n integer NOT NULL,
    step integer NOT NULL,
    call_id text NOT NULL,
    tool text NOT NULL,
    args text NOT NULL,
    -- Null until the call has finished; written in the transaction of its effect.
    result text,
    -- What it changed, as fields before and after.
    changes text,
    finished_at timestamptz,
    undone_at timestamptz,
    PRIMARY KEY (user_id, turn_id, n),
    FOREIGN KEY (user_id, turn_id) REFERENCES turns ON DELETE CASCADE
);

CREATE TABLE turn_events (
    user_id text COLLATE "C" NOT NULL,
    turn_id bigint NOT NULL,
    seq bigint NOT NULL,
    event text NOT NULL,
    PRIMARY KEY (user_id, turn_id, seq),
    FOREIGN KEY (user_id, turn_id) REFERENCES turns ON DELETE CASCADE
);

CREATE TABLE idempotency_keys (
    user_id text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
    key text COLLATE "C" NOT NULL,
    request_hash text COLLATE "C" NOT NULL,
    status smallint NOT NULL,
    answer text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- The oldest program that can work with this schema.
CREATE TABLE schema_requirements (
    min_version text COLLATE "C" PRIMARY KEY
);
INSERT INTO schema_requirements (min_version) VALUES ('00000000000001');
