CREATE TABLE personal_tokens (
    id text COLLATE "C" PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
    token_hash text COLLATE "C" NOT NULL UNIQUE,
    name text NOT NULL,
    -- What it is good for: read, or write, which includes it.
    scope text COLLATE "C" NOT NULL,
    expires_at timestamptz NOT NULL,
    -- To the minute: it is not written at every use.
    last_used_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE INDEX personal_tokens_by_user ON personal_tokens (user_id, created_at);
CREATE INDEX personal_tokens_by_end ON personal_tokens (expires_at);
