-- +up

-- How far each stream of commands has been taken in; written in the transaction of what was taken in.
CREATE TABLE streams (
    stream     text COLLATE "C" NOT NULL,
    offset_id  text COLLATE "C" NOT NULL, -- the newest entry that is accepted or recorded as malformed
    entries    bigint NOT NULL, -- how many the stream had been given up to it, those that were lost included
    gaps       bigint NOT NULL, -- how often entries were gone before they were read
    resets     bigint NOT NULL, -- how often the stream had begun anew
    updated_at timestamptz NOT NULL,
    CONSTRAINT streams_pkey PRIMARY KEY (stream)
);

-- +down
-- destructive
DROP TABLE streams;
