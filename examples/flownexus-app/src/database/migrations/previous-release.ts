/**
 * The schema of the releases that had SQLite alone and counted versions in `user_version`: one entry per version. A database of theirs is brought to
 * the last of these before its rows are taken over.
 */
export const previousRelease: readonly string[] = [
  `
  CREATE TABLE Endpoint (
    endpoint TEXT PRIMARY KEY,
    registered INTEGER NOT NULL DEFAULT 0 CHECK (registered IN (0, 1)),
    first_seen INTEGER NOT NULL,
    last_updated INTEGER NOT NULL,
    address TEXT NOT NULL,
    lifetime INTEGER NOT NULL,
    lwm2m_version TEXT NOT NULL,
    binding_mode TEXT NOT NULL,
    queue_mode INTEGER NOT NULL CHECK (queue_mode IN (0, 1)),
    object_links TEXT NOT NULL CHECK (json_valid(object_links)),
    demo INTEGER NOT NULL DEFAULT 0 CHECK (demo IN (0, 1))
  ) STRICT;

  CREATE TABLE ResourceType (
    id INTEGER PRIMARY KEY,
    object_id INTEGER NOT NULL,
    resource_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    data_type TEXT NOT NULL CHECK (data_type IN ('STRING', 'INTEGER', 'UNSIGNED_INTEGER', 'FLOAT', 'BOOLEAN', 'OPAQUE',
      'TIME', 'OBJLNK', 'CORELINK', 'NONE')),
    operations TEXT NOT NULL,
    multiple INTEGER NOT NULL CHECK (multiple IN (0, 1)),
    mandatory INTEGER NOT NULL CHECK (mandatory IN (0, 1)),
    units TEXT,
    range TEXT,
    object_version TEXT,
    UNIQUE (object_id, resource_id)
  ) STRICT;

  -- One value of one Resource or Resource Instance at one time. Exactly one of the value columns is set.
  CREATE TABLE Resource (
    id INTEGER PRIMARY KEY,
    endpoint TEXT NOT NULL REFERENCES Endpoint (endpoint) ON DELETE RESTRICT,
    resource_type_id INTEGER NOT NULL REFERENCES ResourceType (id) ON DELETE RESTRICT,
    object_instance_id INTEGER NOT NULL,
    resource_instance_id INTEGER,
    direction TEXT NOT NULL DEFAULT 'up' CHECK (direction IN ('up', 'down')),
    source TEXT NOT NULL CHECK (source IN ('observe', 'composite', 'send', 'read', 'register')),
    -- What the value is, when that is not the data_type of its ResourceType.
    value_type TEXT,
    int_value INTEGER,
    float_value REAL,
    bool_value INTEGER CHECK (bool_value IN (0, 1)),
    str_value TEXT,
    blob_value BLOB,
    ts_device INTEGER,
    ts_received INTEGER NOT NULL,
    time INTEGER NOT NULL GENERATED ALWAYS AS (coalesce(ts_device, ts_received)) VIRTUAL,
    CHECK ((int_value IS NOT NULL) + (float_value IS NOT NULL) + (bool_value IS NOT NULL) + (str_value IS NOT NULL)
      + (blob_value IS NOT NULL) = 1)
  ) STRICT;
  CREATE INDEX Resource_series ON Resource (endpoint, resource_type_id, object_instance_id, time);
  CREATE INDEX Resource_time ON Resource (endpoint, time);

  CREATE TABLE Event (
    id INTEGER PRIMARY KEY,
    endpoint TEXT NOT NULL REFERENCES Endpoint (endpoint) ON DELETE RESTRICT,
    event_type TEXT NOT NULL,
    time INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX Event_time ON Event (endpoint, time);

  CREATE TABLE EventResource (
    id INTEGER PRIMARY KEY,
    event_id INTEGER NOT NULL REFERENCES Event (id) ON DELETE RESTRICT,
    resource_id INTEGER NOT NULL REFERENCES Resource (id) ON DELETE RESTRICT,
    UNIQUE (event_id, resource_id)
  ) STRICT;

  CREATE TABLE EndpointOperation (
    id INTEGER PRIMARY KEY,
    resource_id INTEGER NOT NULL REFERENCES Resource (id) ON DELETE RESTRICT,
    operation_type TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'QUEUED' CHECK (status IN ('SENDING', 'QUEUED', 'CONFIRMED', 'FAILED')),
    transmit_counter INTEGER NOT NULL DEFAULT 0,
    timestamp_created INTEGER NOT NULL,
    last_attempt INTEGER
  ) STRICT;

  CREATE TABLE Firmware (
    id INTEGER PRIMARY KEY,
    version TEXT NOT NULL UNIQUE,
    file_name TEXT NOT NULL,
    download_url TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;
  `,
  `
  ALTER TABLE Endpoint ADD COLUMN security TEXT NOT NULL DEFAULT 'none'
    CHECK (security IN ('none', 'psk', 'x509', 'rpk'));

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

  -- DTLS associations, so that they outlive a restart. A snapshot has the keys of one.
  CREATE TABLE DtlsAssociation (
    key TEXT PRIMARY KEY,
    snapshot BLOB NOT NULL
  ) STRICT;
  `,
];
