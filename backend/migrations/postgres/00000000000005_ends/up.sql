-- What has ended is swept away by its end. The tables are small: an index is there in a blink.
CREATE INDEX user_sessions_by_end ON user_sessions (expires_at);
CREATE INDEX password_resets_by_end ON password_resets (expires_at);
