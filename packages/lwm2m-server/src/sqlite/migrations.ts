/**
 * The schema, one entry per version. An entry that was released is never changed: a new one is added.
 *
 * Times are milliseconds since 1970.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE Registration (
    -- The order of Registers: a new registration of an endpoint goes to the end.
    position INTEGER PRIMARY KEY,
    endpoint TEXT NOT NULL UNIQUE,
    registration_id TEXT NOT NULL,
    peer_key TEXT NOT NULL,
    -- Of ours, where it came in: coap://192.0.2.1:5683.
    server_address TEXT NOT NULL,
    registration TEXT NOT NULL
  ) STRICT;

  CREATE TABLE Observation (
    endpoint TEXT NOT NULL,
    composite INTEGER NOT NULL CHECK (composite IN (0, 1)),
    -- A JSON array.
    paths TEXT NOT NULL,
    attributes TEXT,
    content_format INTEGER,
    accept INTEGER,
    kept INTEGER NOT NULL CHECK (kept IN (0, 1)),
    registration_id TEXT,
    token BLOB,
    PRIMARY KEY (endpoint, composite, paths),
    CHECK ((registration_id IS NULL) = (token IS NULL))
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE Operation (
    id TEXT PRIMARY KEY,
    endpoint TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    operation TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('QUEUED', 'SENDING', 'CONFIRMED', 'FAILED')),
    attempts INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    repeatable INTEGER NOT NULL CHECK (repeatable IN (0, 1)),
    replace_key TEXT,
    queued_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    expires_at INTEGER,
    result TEXT,
    failure TEXT
  ) STRICT;
  CREATE INDEX Operation_sequence ON Operation (sequence);
  CREATE INDEX Operation_of_endpoint ON Operation (endpoint, sequence);
  CREATE INDEX Operation_unfinished ON Operation (sequence) WHERE state IN ('QUEUED', 'SENDING');
  CREATE INDEX Operation_finished ON Operation (updated_at) WHERE state IN ('CONFIRMED', 'FAILED');
  CREATE INDEX Operation_finished_of_endpoint ON Operation (endpoint, sequence) WHERE state IN ('CONFIRMED', 'FAILED');

  -- What an endpoint proves with who it is, also before it has ever registered.
  CREATE TABLE Credential (
    endpoint TEXT PRIMARY KEY,
    -- What the identity that a device proves is found by: the same text for no two credentials.
    identity_key TEXT NOT NULL UNIQUE,
    mode TEXT NOT NULL CHECK (mode IN ('psk', 'x509', 'rpk')),
    psk_identity TEXT,
    psk_key BLOB,
    common_name TEXT,
    fingerprint TEXT,
    public_key BLOB,
    CHECK ((mode = 'psk') = (psk_identity IS NOT NULL)),
    CHECK ((mode = 'psk') = (psk_key IS NOT NULL)),
    CHECK ((mode = 'x509') = ((common_name IS NOT NULL) + (fingerprint IS NOT NULL) = 1)),
    CHECK ((mode = 'rpk') = (public_key IS NOT NULL))
  ) STRICT;

  -- DTLS associations. A snapshot has the keys of one.
  CREATE TABLE Association (
    key TEXT PRIMARY KEY,
    snapshot BLOB NOT NULL,
    -- As Credential has them: of a certificate by its fingerprint, and by its common name.
    identity_key TEXT,
    identity_name TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX Association_identity ON Association (identity_key);
  CREATE INDEX Association_name ON Association (identity_name) WHERE identity_name IS NOT NULL;
  `,
  `
  -- What is written to a device when it is bootstrapped. It has keys.
  CREATE TABLE BootstrapConfiguration (
    endpoint TEXT PRIMARY KEY,
    configuration TEXT NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE FirmwareUpdate (
    -- The order of their beginnings.
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    endpoint TEXT NOT NULL,
    campaign TEXT,
    state TEXT NOT NULL,
    is_final INTEGER NOT NULL CHECK (is_final IN (0, 1)),
    updated_at INTEGER NOT NULL,
    -- JSON.
    firmware_update TEXT NOT NULL
  ) STRICT;
  CREATE INDEX FirmwareUpdate_active ON FirmwareUpdate (position) WHERE is_final = 0;
  CREATE INDEX FirmwareUpdate_finished ON FirmwareUpdate (updated_at) WHERE is_final = 1;
  CREATE INDEX FirmwareUpdate_of_endpoint ON FirmwareUpdate (endpoint, position);
  CREATE INDEX FirmwareUpdate_of_campaign ON FirmwareUpdate (campaign, position) WHERE campaign IS NOT NULL;
  CREATE INDEX FirmwareUpdate_states ON FirmwareUpdate (campaign, state) WHERE campaign IS NOT NULL;

  CREATE TABLE FirmwareCampaign (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    -- When it ended, in milliseconds since 1970.
    over_at INTEGER,
    -- JSON.
    campaign TEXT NOT NULL
  ) STRICT;
  CREATE INDEX FirmwareCampaign_over ON FirmwareCampaign (over_at) WHERE over_at IS NOT NULL;
  `,
  `
  -- What the application wanted to stay with an operation.
  ALTER TABLE Operation ADD COLUMN metadata TEXT;
  `,
];
