-- The data file of one account. Every property is a typed column c<number> of `profiles`, named by the registry.
-- Texts that nearly every person has for themselves (identity, address, number) hardly compress: trying it costs half of an insert.

-- What a property is called and of which type it is.
CREATE TABLE IF NOT EXISTS properties (
    number INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL UNIQUE,
    type VARCHAR NOT NULL,
    created_upload INTEGER NOT NULL
);

-- One row a person. No index: a bulk change is a hash join, a lookup is a scan of one column (10 ms for 10 M rows).
CREATE TABLE IF NOT EXISTS profiles (
    identity VARCHAR USING COMPRESSION uncompressed NOT NULL,
    consent_push BOOLEAN,
    consent_sms BOOLEAN,
    consent_email BOOLEAN,
    consent_whatsapp BOOLEAN,
    -- The channels that the person has left themselves, a bit each: what the gate before a re-subscription asks.
    declined UTINYINT NOT NULL DEFAULT 0,
    first_seen TIMESTAMP NOT NULL,
    last_updated TIMESTAMP NOT NULL,
    created_upload INTEGER NOT NULL,
    created_row BIGINT NOT NULL
);

-- Which values of a person came from another row than the one that created the profile: the newest entry of a column counts.
CREATE TABLE IF NOT EXISTS changes (
    upload INTEGER NOT NULL,
    row BIGINT NOT NULL,
    identity VARCHAR USING COMPRESSION uncompressed NOT NULL,
    columns INTEGER[] NOT NULL
);

-- An occasion on which consents were changed: who did it, when, why and by which upload. Kept once, not with each of a million entries.
CREATE TABLE IF NOT EXISTS consent_acts (
    act INTEGER PRIMARY KEY,
    logged_at TIMESTAMP NOT NULL,
    source VARCHAR NOT NULL,
    actor VARCHAR NOT NULL,
    upload INTEGER,
    reason VARCHAR
);

CREATE TYPE IF NOT EXISTS channel AS ENUM ('push', 'sms', 'email', 'whatsapp');

-- Every change of a consent, never rewritten. `row` is the spreadsheet row of the upload.
CREATE TABLE IF NOT EXISTS consent_entries (
    act INTEGER NOT NULL,
    identity VARCHAR USING COMPRESSION uncompressed NOT NULL,
    channel channel NOT NULL,
    before BOOLEAN,
    after BOOLEAN,
    row BIGINT
);

-- The consent log: every entry with its occasion.
CREATE VIEW IF NOT EXISTS consent_log AS
SELECT act, logged_at, identity, channel::VARCHAR AS channel, before, after, source, actor, upload, row, reason
FROM consent_entries JOIN consent_acts USING (act);

-- How far each upload is, committed with the data it describes.
CREATE TABLE IF NOT EXISTS progress (
    upload INTEGER PRIMARY KEY,
    chunks INTEGER NOT NULL,
    tally JSON NOT NULL
);
