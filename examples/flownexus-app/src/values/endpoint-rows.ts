import type { Kysely } from 'kysely';
import { bulkInsert } from '../database/bulk-insert.ts';
import { byColumn } from '../database/bulk-statement.ts';
import type { Tables } from '../database/tables.ts';
import type { Batch, EndpointRegistration } from './batch.ts';

/** What the Device object says about an endpoint, by the id of the Resource. */
const DEVICE_OBJECT = 3;
const deviceTexts = ['manufacturer', 'model_number', 'serial_number', 'firmware_version'] as const;

/** What all batches of a transaction do to the row of one endpoint. */
interface RowChange {
  readonly endpoint: string;
  readonly first: number;
  last: number;
  registered: boolean | undefined;
  reported: boolean;
  registeredAt: number | null;
  registrations: number;
  updates: number;
  reboots: number;
  rebootedAt: number | null;
  registration: EndpointRegistration | undefined;
  readonly texts: (string | null)[];
}

const known = {
  endpoint: 'text',
  first_seen: 'bigint',
  last_updated: 'bigint',
  manufacturer: 'text',
  model_number: 'text',
  serial_number: 'text',
  firmware_version: 'text',
  reboots: 'bigint',
  rebooted_at: 'bigint',
} as const;
const flag = {
  ...known,
  registered: 'bigint',
  reported: 'bigint',
  registered_at: 'bigint',
  registrations: 'bigint',
  updates: 'bigint',
} as const;
const registration = {
  ...flag,
  address: 'text',
  lifetime: 'bigint',
  lwm2m_version: 'text',
  binding_mode: 'text',
  queue_mode: 'bigint',
  object_links: 'text',
  demo: 'bigint',
  security: 'text',
} as const;

const setKnown = `last_updated = CASE WHEN excluded.last_updated > "Endpoint".last_updated THEN excluded.last_updated
    ELSE "Endpoint".last_updated END, reboots = "Endpoint".reboots + excluded.reboots, rebooted_at = coalesce(excluded.rebooted_at, "Endpoint".rebooted_at),
    ${deviceTexts.map((name) => `${name} = coalesce(excluded.${name}, "Endpoint".${name})`).join(', ')}`;
const setFlag = `${setKnown}, registered = excluded.registered, reported = excluded.reported, registered_at = coalesce(excluded.registered_at, "Endpoint".registered_at),
  registrations = "Endpoint".registrations + excluded.registrations, updates = "Endpoint".updates + excluded.updates`;
const setRegistration = `${setFlag}, ${(['address', 'lifetime', 'lwm2m_version', 'binding_mode', 'queue_mode', 'object_links', 'demo', 'security'] as const).map((name) => `${name} = excluded.${name}`).join(', ')}`; // prettier-ignore

const upsertKnown = bulkInsert({ table: 'Endpoint', columns: known, onConflict: `ON CONFLICT (endpoint) DO UPDATE SET ${setKnown}` }); // prettier-ignore
const upsertFlag = bulkInsert({ table: 'Endpoint', columns: flag, onConflict: `ON CONFLICT (endpoint) DO UPDATE SET ${setFlag}` }); // prettier-ignore
const upsertRegistration = bulkInsert({ table: 'Endpoint', columns: registration, onConflict: `ON CONFLICT (endpoint) DO UPDATE SET ${setRegistration}` }); // prettier-ignore

/**
 * Writes what batches say about their endpoints: registrations and their ends, that something was heard of them, and what their Device object
 * says. An endpoint without a row gets one. Events alone change nothing: they may be made without hearing of the endpoint.
 */
export async function writeEndpoints(trx: Kysely<Tables>, batches: readonly Batch[]): Promise<void> {
  const changes = new Map<string, RowChange>();
  for (const batch of batches) {
    if (batch.change === undefined && batch.reboots === undefined && batch.records.length === 0) continue;
    let change = changes.get(batch.endpoint);
    if (change === undefined) changes.set(batch.endpoint, (change = noChange(batch)));
    add(change, batch);
  }
  // All who lock several rows do it in one order: two transactions do not wait for each other then.
  const all = [...changes.values()].sort((a, b) => (a.endpoint < b.endpoint ? -1 : 1));
  const registrations = all.filter((change) => change.registration !== undefined);
  const flags = all.filter((change) => change.registration === undefined && change.registered !== undefined);
  const others = all.filter((change) => change.registered === undefined);
  await upsertKnown(trx, byColumn(others.map(knownRow), namesOf(known)));
  await upsertFlag(trx, byColumn(flags.map(flagRow), namesOf(flag)));
  await upsertRegistration(trx, byColumn(registrations.map(registrationRow), namesOf(registration)));
}

function noChange({ endpoint, receivedAt }: Batch): RowChange {
  return {
    endpoint,
    first: receivedAt,
    last: receivedAt,
    registered: undefined,
    reported: false,
    registeredAt: null,
    registrations: 0,
    updates: 0,
    reboots: 0,
    rebootedAt: null,
    registration: undefined,
    texts: [null, null, null, null],
  };
}

function add(row: RowChange, { receivedAt, source, change, reboots, records }: Batch): void {
  row.last = Math.max(row.last, receivedAt);
  if (change !== undefined) {
    row.registered = change.kind !== 'unregistered';
    row.reported = source === 'ingest';
  }
  if (change?.kind === 'registered') {
    row.registeredAt = receivedAt;
    row.registrations += 1;
  } else if (change?.kind === 'updated') row.updates += 1;
  if (change !== undefined && change.kind !== 'unregistered') row.registration = change.registration ?? row.registration; // prettier-ignore
  if (reboots === true) {
    row.reboots += 1;
    row.rebootedAt = receivedAt;
  }
  for (const { path, value } of records) {
    if (path.objectId !== DEVICE_OBJECT || path.objectInstanceId !== 0 || path.prefix !== undefined) continue;
    const { resourceId = -1 } = path;
    if (resourceId in deviceTexts && typeof value === 'string') row.texts[resourceId] = storable(value);
  }
}

function knownRow({
  endpoint,
  first,
  last,
  reboots,
  rebootedAt,
  texts,
}: RowChange): Record<keyof typeof known, unknown> {
  const [manufacturer, model_number, serial_number, firmware_version] = texts;
  return { endpoint, first_seen: first, last_updated: last, manufacturer, model_number, serial_number, firmware_version, reboots, rebooted_at: rebootedAt }; // prettier-ignore
}

function flagRow(change: RowChange): Record<keyof typeof flag, unknown> {
  const { registered, reported, registeredAt, registrations, updates } = change;
  return { ...knownRow(change), registered: registered === true ? 1 : 0, reported: reported ? 1 : 0, registered_at: registeredAt, registrations, updates }; // prettier-ignore
}

function registrationRow(change: RowChange): Record<keyof typeof registration, unknown> {
  const { registration: known } = change;
  return {
    ...flagRow(change),
    address: known?.address,
    lifetime: known?.lifetime,
    lwm2m_version: known?.lwm2mVersion,
    binding_mode: storable(known?.bindingMode ?? ''),
    queue_mode: known?.queueMode === true ? 1 : 0,
    object_links: JSON.stringify(known?.objectLinks),
    demo: known?.demo === true ? 1 : 0,
    security: known?.security,
  };
}

/** PostgreSQL has no U+0000 in text. The value itself is stored as it came. */
function storable(text: string): string {
  return text.replaceAll('\0', '\u{FFFD}');
}

function namesOf<Name extends string>(columns: Readonly<Record<Name, unknown>>): Name[] {
  return Object.keys(columns) as Name[];
}
