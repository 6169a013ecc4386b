-- Keys compare byte by byte (the BINARY collation), which for UTF-8 is the order of S3.

CREATE TABLE IF NOT EXISTS bucket (
    bucket_id  INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    region     TEXT    NOT NULL,
    created_ms INTEGER NOT NULL,
    cors       TEXT                       -- JSON list of rules
) STRICT;

CREATE TABLE IF NOT EXISTS object (
    bucket_id   INTEGER NOT NULL REFERENCES bucket,
    key         TEXT    NOT NULL,
    blob        TEXT    NOT NULL,
    size_bytes  INTEGER NOT NULL,
    etag        TEXT    NOT NULL,
    modified_ms INTEGER NOT NULL,
    checksum    TEXT,                     -- JSON
    attributes  TEXT    NOT NULL,         -- JSON
    part_sizes  TEXT    NOT NULL,         -- JSON list of bytes
    PRIMARY KEY (bucket_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS upload (
    upload_id     TEXT    PRIMARY KEY,
    bucket_id     INTEGER NOT NULL REFERENCES bucket,
    key           TEXT    NOT NULL,
    initiated_ms  INTEGER NOT NULL,
    algorithm     TEXT    NOT NULL,       -- JSON
    checksum_kind TEXT    NOT NULL,       -- JSON
    attributes    TEXT    NOT NULL        -- JSON
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS upload_by_key ON upload (bucket_id, key, upload_id);

CREATE TABLE IF NOT EXISTS part (
    upload_id   TEXT    NOT NULL REFERENCES upload ON DELETE CASCADE,
    number      INTEGER NOT NULL,
    blob        TEXT    NOT NULL,
    size_bytes  INTEGER NOT NULL,
    etag        TEXT    NOT NULL,
    modified_ms INTEGER NOT NULL,
    checksum    TEXT    NOT NULL,         -- JSON
    PRIMARY KEY (upload_id, number)
) STRICT, WITHOUT ROWID;
