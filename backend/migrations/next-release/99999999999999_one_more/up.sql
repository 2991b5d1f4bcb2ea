-- An expanding change, which a release that does not know of it can live with.
ALTER TABLE tasks ADD COLUMN next_release text NOT NULL DEFAULT 'unknown to the last one';
