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

-- Every change of a consent, never rewritten. `row` is the spreadsheet row of the upload.
CREATE TABLE IF NOT EXISTS consent_log (
    logged_at TIMESTAMP NOT NULL,
    identity VARCHAR USING COMPRESSION uncompressed NOT NULL,
    channel VARCHAR NOT NULL,
    before BOOLEAN,
    after BOOLEAN,
    source VARCHAR NOT NULL,
    actor VARCHAR NOT NULL,
    upload INTEGER,
    row BIGINT,
    reason VARCHAR
);

-- How far each upload is, committed with the data it describes.
CREATE TABLE IF NOT EXISTS progress (
    upload INTEGER PRIMARY KEY,
    chunks INTEGER NOT NULL,
    tally JSON NOT NULL
);
