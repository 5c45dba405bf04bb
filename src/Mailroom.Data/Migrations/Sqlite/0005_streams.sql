-- +up

-- How far each stream of commands has been taken in; written in the transaction of what was taken in.
CREATE TABLE streams (
    stream     TEXT NOT NULL,
    offset_id  TEXT NOT NULL, -- the newest entry that is accepted or recorded as malformed
    entries    INTEGER NOT NULL, -- how many the stream had been given up to it, those that were lost included
    gaps       INTEGER NOT NULL, -- how often entries were gone before they were read
    resets     INTEGER NOT NULL, -- how often the stream had begun anew
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (stream)
) STRICT, WITHOUT ROWID;

-- +down
-- destructive
DROP TABLE streams;
