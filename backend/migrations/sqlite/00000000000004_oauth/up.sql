-- Programs that registered themselves (RFC 7591). One that nobody lets in is soon forgotten.
CREATE TABLE oauth_clients (
    id text PRIMARY KEY,
    name text NOT NULL,
    -- A JSON list.
    redirect_uris text NOT NULL,
    expires_at text NOT NULL,
    created_at text NOT NULL
);
CREATE INDEX oauth_clients_by_end ON oauth_clients (expires_at);

-- What a user lets a program do. The program is one that registered, or the URL of its metadata.
CREATE TABLE oauth_grants (
    id text PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id text NOT NULL,
    client_name text NOT NULL,
    -- What it is good for: read, or write, which includes it.
    scope text NOT NULL,
    -- Where its tokens are good.
    resource text NOT NULL,
    -- The part that all refresh tokens of the grant share, and the part that each use replaces.
    family_hash text NOT NULL UNIQUE,
    turn_hash text NOT NULL,
    expires_at text NOT NULL,
    -- To the minute: it is not written at every use.
    last_used_at text,
    created_at text NOT NULL
);
CREATE INDEX oauth_grants_by_user ON oauth_grants (user_id, created_at);
CREATE INDEX oauth_grants_by_end ON oauth_grants (expires_at);

CREATE TABLE oauth_access_tokens (
    token_hash text PRIMARY KEY,
    grant_id text NOT NULL REFERENCES oauth_grants (id) ON DELETE CASCADE,
    expires_at text NOT NULL
);
CREATE INDEX oauth_access_tokens_by_grant ON oauth_access_tokens (grant_id);
CREATE INDEX oauth_access_tokens_by_end ON oauth_access_tokens (expires_at);

-- Authorization codes. A used one is kept for a day with the grant that it gave, which ends when
-- the code is used again.
CREATE TABLE oauth_codes (
    code_hash text PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id text NOT NULL,
    client_name text NOT NULL,
    redirect_uri text NOT NULL,
    scope text NOT NULL,
    resource text NOT NULL,
    code_challenge text NOT NULL,
    grant_id text,
    expires_at text NOT NULL
);
CREATE INDEX oauth_codes_by_user ON oauth_codes (user_id);
CREATE INDEX oauth_codes_by_end ON oauth_codes (expires_at);
