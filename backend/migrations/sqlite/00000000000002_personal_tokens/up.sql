CREATE TABLE personal_tokens (
    id text PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash text NOT NULL UNIQUE,
    name text NOT NULL,
    -- What it is good for: read, or write, which includes it.
    scope text NOT NULL,
    expires_at text NOT NULL,
    -- To the minute: it is not written at every use.
    last_used_at text,
    created_at text NOT NULL
);
CREATE INDEX personal_tokens_by_user ON personal_tokens (user_id, created_at);
CREATE INDEX personal_tokens_by_end ON personal_tokens (expires_at);
