import type { Generated } from 'kysely';
import type { BootstrapTables } from './bootstrap-tables.ts';
import type { FirmwareRow } from './firmware-tables.ts';
import type { LogTables } from './log-tables.ts';
import type { CertificateTables } from './certificate-tables.ts';
import type { FirmwareUpdateTables } from './firmware-update-tables.ts';
import type { SecurityMode } from './security-mode.ts';

// The rows of the tables, as migrations/0001-platform.ts makes and explains them. Integers of 64 bit come as numbers, and as decimal text where
// a number would not be exact.

export type Flag = 0 | 1;
/** The data types of the LwM2M registry. */
export type ValueType =
  'STRING' | 'INTEGER' | 'UNSIGNED_INTEGER' | 'FLOAT' | 'BOOLEAN' | 'OPAQUE' | 'TIME' | 'OBJLNK' | 'CORELINK' | 'NONE';
export type Admission = 'accepted' | 'held' | 'refused';
export type ValueSource = 'observe' | 'composite' | 'send' | 'read' | 'register' | 'ingest' | 'operation';
export type EventSource = 'composite' | 'observe' | 'send' | 'read' | 'ingest' | 'rule';
export type Severity = 'info' | 'warning' | 'critical';
export type OperationStatus = 'QUEUED' | 'SENDING' | 'CONFIRMED' | 'FAILED';

export interface EndpointRow {
  endpoint: string;
  registered: Generated<Flag>;
  admission: Generated<Admission>;
  first_seen: number;
  last_updated: number;
  registered_at: number | null;
  registrations: Generated<number>;
  updates: Generated<number>;
  address: Generated<string>;
  lifetime: Generated<number>;
  lwm2m_version: Generated<string>;
  binding_mode: Generated<string>;
  queue_mode: Generated<Flag>;
  object_links: Generated<string>;
  demo: Generated<Flag>;
  security: Generated<SecurityMode>;
  manufacturer: string | null;
  model_number: string | null;
  serial_number: string | null;
  firmware_version: string | null;
  reported: Generated<Flag>;
  reboots: Generated<number>;
  rebooted_at: number | null;
}

export interface ResourceTypeRow {
  id: Generated<number>;
  object_id: number;
  resource_id: number;
  name: string;
  data_type: ValueType;
  operations: string;
  multiple: Flag;
  mandatory: Flag;
  units: string | null;
  range: string | null;
  object_version: string | null;
}

export interface SeriesRow {
  id: Generated<number>;
  endpoint: string;
  prefix: Generated<string>;
  resource_type_id: number;
  object_instance_id: number;
  resource_instance_id: Generated<number>;
}

export interface ValueColumnsRow {
  value_type: ValueType | null;
  int_value: number | string | null;
  float_value: number | null;
  bool_value: Flag | null;
  str_value: string | null;
  blob_value: Uint8Array | null;
}

export interface ResourceValueRow extends ValueColumnsRow {
  series_id: number;
  time: number;
  id: number;
  ts_device: number | null;
  ts_received: number;
  direction: Generated<'up' | 'down'>;
  source: ValueSource;
}

export interface ResourceAggregateRow {
  series_id: number;
  resolution: number;
  bucket: number;
  count: number;
  sum: number;
  minimum: number;
  maximum: number;
}

/** The view that has FlowNexus' own names. */
export interface ResourceView extends ValueColumnsRow {
  id: number;
  endpoint: string;
  resource_type_id: number;
  prefix: string;
  object_instance_id: number;
  resource_instance_id: number | null;
  direction: 'up' | 'down';
  source: ValueSource;
  ts_device: number | null;
  ts_received: number;
  timestamp_created: number;
  time: number;
  series_id: number;
}

export interface RetentionPolicyRow {
  id: Generated<number>;
  path: string;
  endpoint: string | null;
  raw_ms: number | null;
  thin_after_ms: number | null;
  thin_interval_ms: number | null;
  aggregate_ms: number | null;
}

export interface EventRow {
  id: number;
  endpoint: string;
  event_type: string;
  time: number;
  ts_device: number | null;
  ts_received: number;
  source: EventSource;
  severity: Severity;
  message: string | null;
  acknowledged_at: number | null;
  acknowledged_by: string | null;
  acknowledged_note: string | null;
}

export interface EventResourceRow {
  event_id: number;
  series_id: number;
  time: number;
  resource_id: number;
}

export interface NamedDefinitionRow {
  id: Generated<number>;
  name: string;
  definition: string;
  created_at: number;
}

export interface WebhookRow {
  id: Generated<number>;
  url: string;
  secret: string;
  filter: string;
  enabled: Flag;
  created_at: number;
}

export interface WebhookDeliveryRow {
  id: Generated<number>;
  webhook_id: number;
  event_id: number;
  state: 'waiting' | 'delivered' | 'failed';
  attempts: Generated<number>;
  next_attempt: number;
  updated_at: number;
  last_error: string | null;
}

export interface EndpointOperationRow {
  id: string;
  sequence: number;
  endpoint: string;
  operation_type: string;
  path: string;
  operation: string;
  status: OperationStatus;
  transmit_counter: Generated<number>;
  max_attempts: number;
  repeatable: Flag;
  replace_key: string | null;
  metadata: string | null;
  timestamp_created: number;
  updated_at: number;
  last_attempt: number | null;
  expires_at: number | null;
  response_code: string | null;
  failure_reason: string | null;
  failure_message: string | null;
  result: string | null;
  bulk_id: string | null;
}

export interface RegistrationRow {
  endpoint: string;
  registration_id: string;
  peer_key: string;
  server_address: string;
  position: number;
  registration: string;
}

export interface ObservationRow {
  endpoint: string;
  target_key: string;
  composite: Flag;
  paths: string;
  kept: Flag;
  request: string;
  registration_id: string | null;
  token: Uint8Array | null;
}

export interface ObservationPolicyRow {
  id: Generated<number>;
  policy: string;
  created_at: number;
}

/** Which of our servers a device talks to. */
export type ServerName = 'lwm2m' | 'bootstrap';

export interface DtlsAssociationRow {
  server: ServerName;
  key: string;
  snapshot: Uint8Array;
  identity_key: string | null;
  identity_name: string | null;
}

export interface CredentialRow {
  server: ServerName;
  endpoint: string;
  identity_key: string;
  mode: 'psk' | 'x509' | 'rpk';
  psk_identity: string | null;
  psk_key: Uint8Array | null;
  common_name: string | null;
  fingerprint: string | null;
  public_key: Uint8Array | null;
}

export interface AuditEntryRow {
  id: Generated<number>;
  time: number;
  actor: string;
  address: string | null;
  action: string;
  target: string | null;
  detail: string | null;
}

export interface ApiTokenRow {
  id: string;
  name: string;
  hash: string;
  user_id: string;
  scopes: string;
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
}

export interface Tables extends CertificateTables, FirmwareUpdateTables, LogTables, BootstrapTables {
  Endpoint: EndpointRow;
  ResourceType: ResourceTypeRow;
  Series: SeriesRow;
  ResourceValue: ResourceValueRow;
  ResourceAggregate: ResourceAggregateRow;
  Resource: ResourceView;
  IdBlock: { name: 'ResourceValue' | 'Event' | 'DeviceLog' | 'EndpointOperation'; next: number };
  RetentionPolicy: RetentionPolicyRow;
  Event: EventRow;
  EventResource: EventResourceRow;
  EventDefinition: NamedDefinitionRow;
  EventRule: NamedDefinitionRow;
  Webhook: WebhookRow;
  WebhookDelivery: WebhookDeliveryRow;
  EndpointOperation: EndpointOperationRow;
  Registration: RegistrationRow;
  Observation: ObservationRow;
  ObservationPolicy: ObservationPolicyRow;
  Credential: CredentialRow;
  DtlsAssociation: DtlsAssociationRow;
  BootstrapConfiguration: { endpoint: string; configuration: string; updated_at: number };
  Setting: { name: string; value: string; updated_at: number };
  ObjectModel: { object_id: number; version: string; name: string; xml: string; created_at: number };
  AuditEntry: AuditEntryRow;
  ApiToken: ApiTokenRow;
  Firmware: FirmwareRow;
}
