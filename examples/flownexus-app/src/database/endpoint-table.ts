import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { EndpointItem, List, SecurityMode } from '../http/api-types.ts';
import { integer, nullable, oneOf, rowReader, text } from './row-reader.ts';

/** What a registration tells about an endpoint. Times are milliseconds since 1970. */
export interface EndpointRegistration {
  readonly address: string;
  readonly lifetime: number;
  readonly lwm2mVersion: string;
  readonly bindingMode: string;
  readonly queueMode: boolean;
  readonly objectLinks: readonly string[];
  readonly demo: boolean;
  readonly security: SecurityMode;
}

const readRow = rowReader('Endpoint', {
  endpoint: text,
  registered: integer,
  first_seen: integer,
  last_updated: integer,
  address: text,
  lifetime: integer,
  lwm2m_version: text,
  binding_mode: text,
  queue_mode: integer,
  object_links: text,
  demo: integer,
  security: oneOf('none', 'psk', 'x509', 'rpk'),
  manufacturer: nullable(text),
  model_number: nullable(text),
  serial_number: nullable(text),
  firmware_version: nullable(text),
});
type EndpointRow = ReturnType<typeof readRow>;

/** The latest value of a text Resource of the Device object: one seek in the index Resource_series. */
function latestText(resourceId: number, column: string): string {
  return `(SELECT r.str_value FROM Resource r WHERE r.endpoint = e.endpoint AND r.resource_type_id =
    (SELECT id FROM ResourceType WHERE object_id = 3 AND resource_id = ${String(resourceId)})
    AND r.object_instance_id = 0 ORDER BY r.time DESC, r.id DESC LIMIT 1) AS ${column}`;
}

const SELECT = `SELECT e.*, ${latestText(0, 'manufacturer')}, ${latestText(1, 'model_number')},
  ${latestText(2, 'serial_number')}, ${latestText(3, 'firmware_version')} FROM Endpoint e`;

/** Table Endpoint: every endpoint that ever registered. */
export class EndpointTable {
  readonly #upsert: StatementSync;
  readonly #unregister: StatementSync;
  readonly #unregisterAll: StatementSync;
  readonly #touch: StatementSync;
  readonly #get: StatementSync;
  readonly #page: StatementSync;
  readonly #hasReal: StatementSync;

  constructor(database: DatabaseSync) {
    this.#upsert = database.prepare(`
      INSERT INTO Endpoint (endpoint, registered, first_seen, last_updated, address, lifetime, lwm2m_version,
        binding_mode, queue_mode, object_links, demo, security) VALUES (:endpoint, 1, :time, :time, :address, :lifetime,
        :lwm2mVersion, :bindingMode, :queueMode, :objectLinks, :demo, :security)
      ON CONFLICT (endpoint) DO UPDATE SET registered = 1, last_updated = excluded.last_updated,
        address = excluded.address, lifetime = excluded.lifetime, lwm2m_version = excluded.lwm2m_version,
        binding_mode = excluded.binding_mode, queue_mode = excluded.queue_mode, object_links = excluded.object_links,
        demo = excluded.demo, security = excluded.security`);
    this.#unregister = database.prepare('UPDATE Endpoint SET registered = 0 WHERE endpoint = ?');
    this.#unregisterAll = database.prepare('UPDATE Endpoint SET registered = 0 WHERE registered = 1');
    this.#touch = database.prepare('UPDATE Endpoint SET last_updated = max(last_updated, ?) WHERE endpoint = ?');
    this.#get = database.prepare(`${SELECT} WHERE e.endpoint = ?`);
    this.#page = database.prepare(`${SELECT} WHERE e.endpoint > ? ORDER BY e.endpoint LIMIT ?`);
    this.#hasReal = database.prepare('SELECT EXISTS (SELECT 1 FROM Endpoint WHERE demo = 0) AS found');
  }

  /** The endpoint registered or updated its registration: its row as of now, and it is registered. */
  setRegistered(endpoint: string, time: number, registration: EndpointRegistration): void {
    this.#upsert.run({
      endpoint,
      time,
      address: registration.address,
      lifetime: registration.lifetime,
      lwm2mVersion: registration.lwm2mVersion,
      bindingMode: registration.bindingMode,
      queueMode: registration.queueMode ? 1 : 0,
      objectLinks: JSON.stringify(registration.objectLinks),
      demo: registration.demo ? 1 : 0,
      security: registration.security,
    });
  }

  setUnregistered(endpoint: string): void {
    this.#unregister.run(endpoint);
  }

  /** Registrations live in memory, so after a restart no endpoint is registered until it registers anew. */
  setAllUnregistered(): void {
    this.#unregisterAll.run();
  }

  /** Something was heard of the endpoint. */
  touch(endpoint: string, time: number): void {
    this.#touch.run(time, endpoint);
  }

  get(endpoint: string): EndpointItem | undefined {
    const row = this.#get.get(endpoint);
    return row === undefined ? undefined : toItem(readRow(row));
  }

  /** Endpoints in the order of their names, after the one that the cursor names. */
  page(limit: number, after = ''): List<EndpointItem> {
    const rows = this.#page.all(after, limit + 1);
    const items = rows.slice(0, limit).map((row) => toItem(readRow(row)));
    return { items, nextCursor: rows.length > limit ? (items.at(-1)?.name ?? null) : null };
  }

  /** Whether any endpoint but simulated ones ever registered. */
  hasReal(): boolean {
    return this.#hasReal.get()?.['found'] === 1;
  }
}

function toItem(row: EndpointRow): EndpointItem {
  return {
    name: row.endpoint,
    registered: row.registered === 1,
    firstSeen: new Date(row.first_seen).toISOString(),
    lastUpdated: new Date(row.last_updated).toISOString(),
    address: row.address,
    lifetime: row.lifetime,
    lwm2mVersion: row.lwm2m_version,
    bindingMode: row.binding_mode,
    queueMode: row.queue_mode === 1,
    demo: row.demo === 1,
    security: row.security,
    objectLinks: JSON.parse(row.object_links) as string[],
    manufacturer: row.manufacturer,
    modelNumber: row.model_number,
    serialNumber: row.serial_number,
    firmwareVersion: row.firmware_version,
  };
}
