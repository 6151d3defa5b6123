-- The data file of one account. Every property is a typed column c<number> of `profiles`, named by the registry.
-- Texts that nearly every person has for themselves (identity, address, number) hardly compress: trying it costs half of an insert.

-- What a property is called and of which type it is.
CREATE TABLE IF NOT EXISTS properties (
    number INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL UNIQUE,
    type VARCHAR NOT NULL,
    -- The first upload that had a column for it; 0 while there was none.
    created_upload INTEGER NOT NULL,
    -- Of the first one the step at which some property was last retyped, renamed or deleted; uploads from before it may have said what is
    -- not there any more.
    retyped BIGINT NOT NULL DEFAULT 0,
    -- What somebody says that it is.
    description VARCHAR DEFAULT '',
    -- Whether it is left out where nobody asks for it.
    hidden BOOLEAN DEFAULT false,
    -- The last upload that had a column for it.
    last_upload INTEGER
);

-- What properties were called before, and those that were deleted: their numbers are never given again, for older writes name them.
CREATE TABLE IF NOT EXISTS former_names (
    number INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    until TIMESTAMP NOT NULL
);

-- What the values of properties are, as it was counted last; see statistics.py.
CREATE TABLE IF NOT EXISTS property_statistics (
    number INTEGER PRIMARY KEY,
    -- Counts the times that values were written, or were about to be, and the last of them that is to be counted soon.
    writes BIGINT NOT NULL,
    urgent BIGINT NOT NULL,
    -- The write at which it was counted, null: never; when that was, and how long it took.
    counted BIGINT,
    counted_at TIMESTAMP,
    seconds DOUBLE,
    found JSON
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

-- The writes of the account are numbered in the order in which they were made. An upload makes some with each chunk.
CREATE SEQUENCE IF NOT EXISTS steps;

-- The uploads that wrote anything. What one kept so that it can be taken back stands in tables of its own; see images.py.
CREATE TABLE IF NOT EXISTS uploads (
    upload INTEGER PRIMARY KEY,
    applied_at TIMESTAMP NOT NULL,
    first_step BIGINT NOT NULL,
    -- Whether it was taken back: then nothing that it wrote stands.
    undone BOOLEAN NOT NULL DEFAULT false,
    -- Whether it can be taken back, or brought back.
    undoable BOOLEAN NOT NULL
);

-- Which values of a person came from another row than the one that created the profile, never rewritten.
CREATE TABLE IF NOT EXISTS changes (
    step BIGINT NOT NULL,
    upload INTEGER NOT NULL,
    row BIGINT NOT NULL,
    identity VARCHAR USING COMPRESSION uncompressed NOT NULL,
    columns INTEGER[] NOT NULL
);

-- The changes that were not taken back: the newest of a column tells where its value came from.
CREATE VIEW IF NOT EXISTS standing_changes AS
SELECT * FROM changes WHERE upload NOT IN (SELECT upload FROM uploads WHERE undone);

-- An occasion on which consents were changed: who did it, when, by which door, why and with which upload. Kept once, not with each of a million entries.
CREATE TABLE IF NOT EXISTS consent_acts (
    act INTEGER PRIMARY KEY,
    logged_at TIMESTAMP NOT NULL,
    source VARCHAR NOT NULL,
    actor VARCHAR NOT NULL,
    door VARCHAR NOT NULL,
    upload INTEGER,
    reason VARCHAR,
    -- The occasion that was taken back or brought back, where this is one of doing so: nobody said anything anew.
    restores INTEGER
);

CREATE TYPE IF NOT EXISTS channel AS ENUM ('push', 'sms', 'email', 'whatsapp');

-- Every change of a consent, never rewritten. `row` is the spreadsheet row of the upload.
CREATE TABLE IF NOT EXISTS consent_entries (
    step BIGINT NOT NULL,
    act INTEGER NOT NULL,
    identity VARCHAR USING COMPRESSION uncompressed NOT NULL,
    channel channel NOT NULL,
    before BOOLEAN,
    after BOOLEAN,
    row BIGINT
);

-- The consent log: every entry with its occasion.
CREATE VIEW IF NOT EXISTS consent_log AS
SELECT step, act, logged_at, identity, channel::VARCHAR AS channel, before, after, source, actor, door, upload, row, reason
FROM consent_entries JOIN consent_acts USING (act);

-- What people, or uploads for them, said and what was not taken back: the newest entry of a channel is the consent.
CREATE VIEW IF NOT EXISTS standing_consent AS
SELECT step, act, logged_at, identity, channel, after, source, actor, upload, row
FROM consent_entries JOIN consent_acts USING (act)
WHERE restores IS NULL AND (upload IS NULL OR upload NOT IN (SELECT upload FROM uploads WHERE undone));

-- How far an upload is with each thing that is done with it, committed with the data it describes.
CREATE TABLE IF NOT EXISTS progress (
    upload INTEGER NOT NULL,
    job VARCHAR NOT NULL,
    chunks INTEGER NOT NULL,
    tally JSON NOT NULL,
    -- Of the chunk after these: a chunk is applied in pieces while live calls wait.
    rows BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (upload, job)
);

-- A call of the live API that wrote something. Its records are rows `call * 1024 + place` of upload 0, which stands for all of them.
CREATE TABLE IF NOT EXISTS calls (
    call BIGINT NOT NULL,
    made_at TIMESTAMP NOT NULL,
    actor VARCHAR NOT NULL,
    door VARCHAR NOT NULL
);

-- Answers that were given to calls with an idempotency key, committed with what the call wrote.
CREATE TABLE IF NOT EXISTS answered (
    key VARCHAR PRIMARY KEY,
    -- Of the body, in hexadecimal.
    sha256 VARCHAR NOT NULL,
    answered_at TIMESTAMP NOT NULL,
    answer JSON NOT NULL
);

-- Other names of a person, such as the id of a device (`objectId`) or of an account elsewhere (`FBID`, `GPID`).
CREATE TABLE IF NOT EXISTS aliases (
    kind VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    identity VARCHAR NOT NULL
);

-- The devices that can be sent a push message. Whose they are the aliases tell.
CREATE TABLE IF NOT EXISTS devices (
    object_id VARCHAR NOT NULL,
    type VARCHAR NOT NULL,
    token VARCHAR NOT NULL,
    -- Of a browser: what its messages are encrypted with.
    keys JSON,
    added_at TIMESTAMP NOT NULL
);

-- What events are called. Names that differ in case and blanks only are one: `folded` has neither.
CREATE TABLE IF NOT EXISTS event_names (
    number INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL,
    folded VARCHAR NOT NULL UNIQUE
);

-- The type of a property of an event: the one it first came with.
CREATE TABLE IF NOT EXISTS event_properties (
    event INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    type VARCHAR NOT NULL,
    PRIMARY KEY (event, name)
);

-- What people did. `properties` is an object of texts, numbers, truth values and lists of texts; a date is a text in ISO 8601 with Z.
CREATE TABLE IF NOT EXISTS events (
    event INTEGER NOT NULL,
    identity VARCHAR USING COMPRESSION uncompressed NOT NULL,
    happened_at TIMESTAMP NOT NULL,
    properties JSON NOT NULL,
    upload INTEGER NOT NULL,
    row BIGINT NOT NULL
);

-- The messages that people got, whoever sent them: what counts against a frequency cap. Old ones are passed over by their time.
CREATE TABLE IF NOT EXISTS messages (
    identity VARCHAR USING COMPRESSION uncompressed NOT NULL,
    channel channel NOT NULL,
    sent_at TIMESTAMP NOT NULL,
    -- What the sender calls it.
    campaign VARCHAR
);

-- Which addresses several people have, a row for each property that is an address.
CREATE TABLE IF NOT EXISTS shared_addresses (
    number INTEGER NOT NULL,
    -- Whether no address was written since.
    holds BOOLEAN NOT NULL,
    found_at TIMESTAMP NOT NULL,
    -- How long finding it took.
    seconds DOUBLE NOT NULL,
    -- Of the texts as they are stored. In one row, which is written at once while everybody waits.
    hashes UBIGINT[] NOT NULL
);

-- Who is on the lists of frozen segments. Which segment has which list the control plane says.
CREATE TABLE IF NOT EXISTS listed (
    list INTEGER NOT NULL,
    identity VARCHAR USING COMPRESSION uncompressed NOT NULL
);
CREATE SEQUENCE IF NOT EXISTS lists;

-- What calls said of people while an upload that had been accepted before them was not applied yet, or a person on a page: the upload
-- comes later, but must not win. `number` is a property, or minus the bit of a channel.
CREATE TABLE IF NOT EXISTS later (
    identity VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    -- Whether the value was set or cleared; else something was added to it, or taken from it.
    whole BOOLEAN NOT NULL,
    amount DOUBLE,
    added VARCHAR[],
    removed VARCHAR[],
    accepted_at TIMESTAMP NOT NULL,
    -- Of the record, where it was one.
    row BIGINT
);

-- What people who were erased are called, until files were searched for them: a row for each text. A renewal of the file leaves out those
-- that were searched for, so that they are gone together with what the file still held of the people.
CREATE TABLE IF NOT EXISTS erasures (
    -- Of all people who were erased at once.
    number BIGINT NOT NULL,
    erased_at TIMESTAMP NOT NULL,
    -- `identity`, `alias`, `email`, `phone`.
    kind VARCHAR NOT NULL,
    text VARCHAR NOT NULL
);

-- Data files from before there were pieces of chunks.
ALTER TABLE progress ADD COLUMN IF NOT EXISTS rows BIGINT DEFAULT 0;

-- Data files from before properties could be described.
ALTER TABLE properties ADD COLUMN IF NOT EXISTS description VARCHAR DEFAULT '';
ALTER TABLE properties ADD COLUMN IF NOT EXISTS hidden BOOLEAN DEFAULT false;
ALTER TABLE properties ADD COLUMN IF NOT EXISTS last_upload INTEGER;

-- What of this page the file has: the hash of all of it, so that it need not be gone through each time the file is opened.
CREATE TABLE IF NOT EXISTS format (one INTEGER PRIMARY KEY, mark VARCHAR NOT NULL);
