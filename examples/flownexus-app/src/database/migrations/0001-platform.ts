import type { ColumnTypes } from './column-types.ts';

const VALUE_TYPES = `'STRING', 'INTEGER', 'UNSIGNED_INTEGER', 'FLOAT', 'BOOLEAN', 'OPAQUE', 'TIME', 'OBJLNK', 'CORELINK', 'NONE'`;
const SOURCES = `'observe', 'composite', 'send', 'read', 'register', 'ingest', 'operation'`;

/** Temperature, humidity, how a firmware update goes, and as one observation what makes up Events. */
const DEFAULT_POLICIES = [
  { path: '/3303/*/5700' },
  { path: '/3304/*/5700' },
  { path: '/5/0/3' },
  { path: '/5/0/5' },
  { paths: ['/10300'] },
];

/**
 * The tables of FlowNexus' data model, and those that the LwM2M server keeps its state in. Times are milliseconds since 1970, flags 0 and 1, and
 * lists and trees JSON in text, in both databases.
 */
export function platformTables(type: ColumnTypes): string[] {
  const { int, float, text, key, blob, id, strict, clustered } = type;
  const columnsOfValue = `
    -- What the value is, when that is not the data_type of its ResourceType.
    value_type ${text},
    int_value ${int},
    float_value ${float},
    bool_value ${int},
    str_value ${text},
    -- Opaque values, and text that PostgreSQL has no form for (with U+0000) in UTF-8.
    blob_value ${blob}`;
  return [
    // Every endpoint that ever asked to register.
    `CREATE TABLE "Endpoint" (
      endpoint ${key} PRIMARY KEY,
      registered ${int} NOT NULL DEFAULT 0,
      admission ${text} NOT NULL DEFAULT 'accepted' CHECK (admission IN ('accepted', 'held', 'refused')),
      first_seen ${int} NOT NULL,
      last_updated ${int} NOT NULL,
      -- When the present or latest registration was made, and how often it happened.
      registered_at ${int},
      registrations ${int} NOT NULL DEFAULT 0,
      updates ${int} NOT NULL DEFAULT 0,
      -- Of the present or latest registration; as by default while there was none.
      address ${text} NOT NULL DEFAULT '',
      lifetime ${int} NOT NULL DEFAULT 0,
      lwm2m_version ${text} NOT NULL DEFAULT '',
      binding_mode ${text} NOT NULL DEFAULT '',
      queue_mode ${int} NOT NULL DEFAULT 0,
      object_links ${text} NOT NULL DEFAULT '[]',
      demo ${int} NOT NULL DEFAULT 0,
      security ${text} NOT NULL DEFAULT 'none' CHECK (security IN ('none', 'psk', 'x509', 'rpk')),
      -- The latest 3/0/0, 3/0/1, 3/0/2 and 3/0/3.
      manufacturer ${key},
      model_number ${key},
      serial_number ${key},
      firmware_version ${key}
    ) ${strict}`,
    `CREATE TABLE "ResourceType" (
      id ${id},
      object_id ${int} NOT NULL,
      resource_id ${int} NOT NULL,
      name ${text} NOT NULL,
      data_type ${text} NOT NULL CHECK (data_type IN (${VALUE_TYPES})),
      operations ${text} NOT NULL,
      multiple ${int} NOT NULL,
      mandatory ${int} NOT NULL,
      units ${text},
      range ${text},
      object_version ${text},
      UNIQUE (object_id, resource_id)
    ) ${strict}`,
    // The values of one Resource or Resource Instance of one endpoint over time.
    `CREATE TABLE "Series" (
      id ${id},
      endpoint ${key} NOT NULL REFERENCES "Endpoint" (endpoint) ON DELETE CASCADE,
      -- Of a device behind a gateway; else empty.
      prefix ${key} NOT NULL DEFAULT '',
      resource_type_id ${int} NOT NULL REFERENCES "ResourceType" (id),
      object_instance_id ${int} NOT NULL,
      -- -1: the Resource has no instances.
      resource_instance_id ${int} NOT NULL DEFAULT -1,
      UNIQUE (endpoint, prefix, resource_type_id, object_instance_id, resource_instance_id)
    ) ${strict}`,
    // One value at one time. Exactly one of the value columns is set. Rows of a series are together, in the order of time.
    `CREATE TABLE "ResourceValue" (
      series_id ${int} NOT NULL REFERENCES "Series" (id) ON DELETE CASCADE,
      -- The device's own time when it gave one, else when it was received.
      time ${int} NOT NULL,
      -- Unique over all series, and greater than that of every value stored before.
      id ${int} NOT NULL,
      ts_device ${int},
      ts_received ${int} NOT NULL,
      direction ${text} NOT NULL DEFAULT 'up' CHECK (direction IN ('up', 'down')),
      source ${text} NOT NULL CHECK (source IN (${SOURCES})),
      ${columnsOfValue},
      PRIMARY KEY (series_id, time, id)
    ) ${clustered}`,
    // What was measured in a bucket of time, kept as values arrive; bucket is its beginning.
    `CREATE TABLE "ResourceAggregate" (
      series_id ${int} NOT NULL REFERENCES "Series" (id) ON DELETE CASCADE,
      -- How long it is, in milliseconds.
      resolution ${int} NOT NULL,
      bucket ${int} NOT NULL,
      count ${int} NOT NULL,
      sum ${float} NOT NULL,
      minimum ${float} NOT NULL,
      maximum ${float} NOT NULL,
      PRIMARY KEY (series_id, resolution, bucket)
    ) ${clustered}`,
    // The names of FlowNexus' table Resource, to read.
    `CREATE VIEW "Resource" AS SELECT v.id, s.endpoint, s.resource_type_id, s.prefix, s.object_instance_id,
      CASE WHEN s.resource_instance_id = -1 THEN NULL ELSE s.resource_instance_id END AS resource_instance_id,
      v.direction, v.source, v.value_type, v.int_value, v.float_value, v.bool_value, v.str_value, v.blob_value,
      v.ts_device, v.ts_received, v.ts_received AS timestamp_created, v.time, v.series_id
      FROM "ResourceValue" v JOIN "Series" s ON s.id = v.series_id`,
    // The next id that is free; ids are taken in blocks.
    `CREATE TABLE "IdBlock" (name ${key} PRIMARY KEY, next ${int} NOT NULL) ${strict}`,
    `INSERT INTO "IdBlock" (name, next) VALUES ('ResourceValue', 1), ('Event', 1)`,
    `CREATE TABLE "RetentionPolicy" (
      id ${id},
      -- The path of an Object, Object Instance or Resource; '/' is everything.
      path ${key} NOT NULL,
      -- Null: all endpoints.
      endpoint ${key},
      raw_ms ${int},
      thin_after_ms ${int},
      thin_interval_ms ${int},
      aggregate_ms ${int}
    ) ${strict}`,

    `CREATE TABLE "Event" (
      id ${int} PRIMARY KEY,
      endpoint ${key} NOT NULL REFERENCES "Endpoint" (endpoint) ON DELETE CASCADE,
      -- The id of the Object for the values of one composite notification, or the name of an event definition or rule.
      event_type ${key} NOT NULL,
      -- The device's own time when it gave one, else when it was received.
      time ${int} NOT NULL,
      ts_device ${int},
      ts_received ${int} NOT NULL,
      source ${text} NOT NULL CHECK (source IN ('composite', 'observe', 'send', 'read', 'ingest', 'rule')),
      severity ${text} NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
      message ${text},
      acknowledged_at ${int},
      acknowledged_by ${text},
      acknowledged_note ${text}
    ) ${strict}`,
    `CREATE INDEX "Event_endpoint" ON "Event" (endpoint, time, id)`,
    `CREATE INDEX "Event_time" ON "Event" (time, id)`,
    `CREATE INDEX "Event_type" ON "Event" (event_type, time, id)`,
    // The values of an event, found by their whole key.
    `CREATE TABLE "EventResource" (
      event_id ${int} NOT NULL REFERENCES "Event" (id) ON DELETE CASCADE,
      series_id ${int} NOT NULL,
      time ${int} NOT NULL,
      resource_id ${int} NOT NULL,
      PRIMARY KEY (event_id, series_id, time, resource_id)
    ) ${clustered}`,
    `CREATE TABLE "EventDefinition" (
      id ${id},
      name ${key} NOT NULL UNIQUE,
      -- JSON: EventDefinitionBody of the API.
      definition ${text} NOT NULL,
      created_at ${int} NOT NULL
    ) ${strict}`,
    `CREATE TABLE "EventRule" (
      id ${id},
      name ${key} NOT NULL UNIQUE,
      -- JSON: EventRuleBody of the API.
      definition ${text} NOT NULL,
      created_at ${int} NOT NULL
    ) ${strict}`,
    `CREATE TABLE "Webhook" (
      id ${id},
      url ${text} NOT NULL,
      secret ${text} NOT NULL,
      -- JSON: which events it is told of.
      filter ${text} NOT NULL,
      enabled ${int} NOT NULL,
      created_at ${int} NOT NULL
    ) ${strict}`,
    // The outbox: written with the event, and tried until it was taken or given up.
    `CREATE TABLE "WebhookDelivery" (
      id ${id},
      webhook_id ${int} NOT NULL REFERENCES "Webhook" (id) ON DELETE CASCADE,
      event_id ${int} NOT NULL REFERENCES "Event" (id) ON DELETE CASCADE,
      state ${text} NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
      attempts ${int} NOT NULL DEFAULT 0,
      -- Of one that waits.
      next_attempt ${int} NOT NULL,
      updated_at ${int} NOT NULL,
      last_error ${text},
      UNIQUE (webhook_id, event_id)
    ) ${strict}`,
    `CREATE INDEX "WebhookDelivery_event" ON "WebhookDelivery" (event_id)`,
    `CREATE INDEX "WebhookDelivery_next" ON "WebhookDelivery" (webhook_id, state, next_attempt)`,

    // The durable downlink queue of the LwM2M server.
    `CREATE TABLE "EndpointOperation" (
      id ${key} PRIMARY KEY,
      -- Greater than that of each operation that was queued before.
      sequence ${int} NOT NULL UNIQUE,
      -- Not a reference: an operation may wait for an endpoint that has never registered.
      endpoint ${key} NOT NULL,
      operation_type ${text} NOT NULL,
      path ${text} NOT NULL,
      -- JSON of the LwM2M library.
      operation ${text} NOT NULL,
      status ${key} NOT NULL CHECK (status IN ('QUEUED', 'SENDING', 'CONFIRMED', 'FAILED')),
      transmit_counter ${int} NOT NULL DEFAULT 0,
      max_attempts ${int} NOT NULL,
      repeatable ${int} NOT NULL,
      replace_key ${text},
      -- JSON: who asked for it.
      metadata ${text},
      timestamp_created ${int} NOT NULL,
      updated_at ${int} NOT NULL,
      last_attempt ${int},
      expires_at ${int},
      response_code ${text},
      failure_reason ${text},
      -- In words, with the diagnostic payload of the device.
      failure_message ${text},
      -- JSON of the LwM2M library.
      result ${text},
      bulk_id ${key}
    ) ${strict}`,
    `CREATE INDEX "EndpointOperation_endpoint" ON "EndpointOperation" (endpoint, sequence)`,
    `CREATE INDEX "EndpointOperation_status" ON "EndpointOperation" (status, sequence)`,
    `CREATE INDEX "EndpointOperation_bulk" ON "EndpointOperation" (bulk_id, sequence)`,

    // Registrations and observations of the LwM2M server, as JSON of the library.
    `CREATE TABLE "Registration" (
      endpoint ${key} PRIMARY KEY,
      registration_id ${text} NOT NULL,
      peer_key ${text} NOT NULL,
      server_address ${text} NOT NULL,
      -- Greater than that of each registration that was made before.
      position ${int} NOT NULL,
      registration ${text} NOT NULL
    ) ${strict}`,
    `CREATE INDEX "Registration_position" ON "Registration" (position)`,
    `CREATE TABLE "Observation" (
      endpoint ${key} NOT NULL,
      -- SHA-256 of whether it is composite and its paths, which may be too long for an index.
      target_key ${key} NOT NULL,
      composite ${int} NOT NULL,
      -- JSON: a list of paths.
      paths ${text} NOT NULL,
      kept ${int} NOT NULL,
      -- JSON: attributes and formats.
      request ${text} NOT NULL,
      registration_id ${text},
      token ${blob},
      PRIMARY KEY (endpoint, target_key)
    ) ${strict}`,
    `CREATE TABLE "ObservationPolicy" (
      id ${id},
      -- JSON: ObservationPolicyBody of the API.
      policy ${text} NOT NULL,
      created_at ${int} NOT NULL
    ) ${strict}`,
    ...DEFAULT_POLICIES.map(
      (policy) => `INSERT INTO "ObservationPolicy" (policy, created_at) VALUES ('${JSON.stringify({ ...policy, enabled: true })}', ${String(Date.now())})`,
    ), // prettier-ignore
    // What an endpoint proves with who it is, also before it has ever registered.
    `CREATE TABLE "Credential" (
      -- Who asks for it: the LwM2M server or the bootstrap server.
      server ${text} NOT NULL CHECK (server IN ('lwm2m', 'bootstrap')),
      endpoint ${key} NOT NULL,
      -- What the identity that a device proves is found by: the same text for no two credentials.
      identity_key ${key} NOT NULL,
      mode ${text} NOT NULL CHECK (mode IN ('psk', 'x509', 'rpk')),
      psk_identity ${text},
      psk_key ${blob},
      common_name ${text},
      fingerprint ${text},
      public_key ${blob},
      PRIMARY KEY (server, endpoint),
      UNIQUE (server, identity_key)
    ) ${strict}`,
    // A snapshot has the keys of one.
    `CREATE TABLE "DtlsAssociation" (
      server ${text} NOT NULL CHECK (server IN ('lwm2m', 'bootstrap')),
      key ${key} NOT NULL,
      snapshot ${blob} NOT NULL,
      -- What it was made with, as Credential.identity_key: of a certificate by its fingerprint, and by its common name.
      identity_key ${key},
      identity_name ${key},
      PRIMARY KEY (server, key)
    ) ${strict}`,
    `CREATE INDEX "DtlsAssociation_identity" ON "DtlsAssociation" (identity_key)`,
    `CREATE INDEX "DtlsAssociation_name" ON "DtlsAssociation" (identity_name) WHERE identity_name IS NOT NULL`,
    `CREATE TABLE "BootstrapConfiguration" (
      endpoint ${key} PRIMARY KEY,
      -- JSON of the LwM2M library.
      configuration ${text} NOT NULL,
      updated_at ${int} NOT NULL
    ) ${strict}`,

    `CREATE TABLE "Setting" (name ${key} PRIMARY KEY, value ${text} NOT NULL, updated_at ${int} NOT NULL) ${strict}`,
    `CREATE TABLE "ObjectModel" (
      object_id ${int} NOT NULL,
      version ${key} NOT NULL,
      name ${text} NOT NULL,
      xml ${text} NOT NULL,
      created_at ${int} NOT NULL,
      PRIMARY KEY (object_id, version)
    ) ${strict}`,
    `CREATE TABLE "AuditEntry" (
      id ${id},
      time ${int} NOT NULL,
      -- Who did it: the name of a user, or of a token with its owner.
      actor ${text} NOT NULL,
      address ${text},
      -- Such as endpoint.delete.
      action ${key} NOT NULL,
      target ${text},
      -- JSON, without secrets.
      detail ${text}
    ) ${strict}`,
    `CREATE INDEX "AuditEntry_time" ON "AuditEntry" (time, id)`,
    `CREATE TABLE "ApiToken" (
      id ${key} PRIMARY KEY,
      name ${text} NOT NULL,
      -- SHA-256 of the token in hexadecimal: the token itself is shown once and kept nowhere.
      hash ${key} NOT NULL UNIQUE,
      user_id ${key} NOT NULL,
      -- JSON: a list of permissions.
      scopes ${text} NOT NULL,
      created_at ${int} NOT NULL,
      expires_at ${int},
      last_used_at ${int}
    ) ${strict}`,
    `CREATE INDEX "ApiToken_user" ON "ApiToken" (user_id)`,
  ];
}
