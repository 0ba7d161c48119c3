import { CompiledQuery, type Kysely, sql } from 'kysely';
import { previousRelease } from './previous-release.ts';

const TABLES = ['Endpoint', 'ResourceType', 'Resource', 'Event', 'EventResource', 'EndpointOperation', 'Firmware', 'Credential', 'DtlsAssociation']; // prettier-ignore
const RESOLUTION_MS = 3_600_000;

/** Moves the tables of the previous release out of the way, in the transaction of the migration. False when there are none. */
export async function setAsidePreviousRelease(db: Kysely<unknown>): Promise<boolean> {
  const { rows } = await sql<{ user_version: number }>`PRAGMA user_version`.execute(db);
  const version = rows[0]?.user_version ?? 0;
  if (version === 0) return false;
  if (version > previousRelease.length) throw new Error(`it has a schema that no release had: ${String(version)}`);
  for (const statements of previousRelease.slice(version)) await executeAll(db, statements);
  for (const index of ['Resource_series', 'Resource_time', 'Event_time']) await run(db, `DROP INDEX "${index}"`);
  for (const table of TABLES) await run(db, `ALTER TABLE "${table}" RENAME TO "Previous${table}"`);
  await run(db, 'PRAGMA user_version = 0');
  return true;
}

/** Copies what the previous release knew into the new tables. */
export async function takeOverPreviousRelease(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `INSERT INTO "Endpoint" (endpoint, registered, first_seen, last_updated, address, lifetime, lwm2m_version, binding_mode, queue_mode,
        object_links, demo, security, manufacturer, model_number, serial_number, firmware_version)
      SELECT e.endpoint, 0, e.first_seen, e.last_updated, e.address, e.lifetime, e.lwm2m_version, e.binding_mode, e.queue_mode,
        e.object_links, e.demo, e.security, ${[0, 1, 2, 3].map(latestText).join(', ')} FROM "PreviousEndpoint" e`,
    `INSERT INTO "ResourceType" SELECT * FROM "PreviousResourceType"`,
    `INSERT INTO "Series" (endpoint, resource_type_id, object_instance_id, resource_instance_id)
      SELECT DISTINCT endpoint, resource_type_id, object_instance_id, coalesce(resource_instance_id, -1) FROM "PreviousResource"`,
    `INSERT INTO "ResourceValue" (series_id, time, id, ts_device, ts_received, direction, source, value_type, int_value, float_value,
        bool_value, str_value, blob_value)
      SELECT s.id, r.time, r.id, r.ts_device, r.ts_received, r.direction, r.source, r.value_type, r.int_value, r.float_value,
        r.bool_value, iif(instr(r.str_value, char(0)) > 0, NULL, r.str_value),
        iif(instr(r.str_value, char(0)) > 0, CAST(r.str_value AS BLOB), r.blob_value)
      FROM "PreviousResource" r JOIN "Series" s ON ${IN_SERIES}`,
    `INSERT INTO "ResourceAggregate" (series_id, resolution, bucket, count, sum, minimum, maximum)
      SELECT series_id, ${String(RESOLUTION_MS)}, time - ((time % ${String(RESOLUTION_MS)}) + ${String(RESOLUTION_MS)}) % ${String(RESOLUTION_MS)} AS bucket,
        count(*), sum(value), min(value), max(value)
      FROM (SELECT v.series_id, v.time, coalesce(v.float_value, CAST(v.int_value AS REAL)) AS value
        FROM "ResourceValue" v JOIN "Series" s ON s.id = v.series_id JOIN "ResourceType" t ON t.id = s.resource_type_id
        WHERE coalesce(v.value_type, t.data_type) IN ('FLOAT', 'INTEGER', 'UNSIGNED_INTEGER'))
      WHERE value IS NOT NULL GROUP BY series_id, bucket`,
    `INSERT INTO "Event" (id, endpoint, event_type, time, ts_received, source, severity)
      SELECT id, endpoint, event_type, time, time, iif(event_type = '3', 'read', 'composite'), 'info' FROM "PreviousEvent"`,
    `INSERT INTO "EventResource" (event_id, series_id, time, resource_id)
      SELECT er.event_id, s.id, r.time, r.id FROM "PreviousEventResource" er
      JOIN "PreviousResource" r ON r.id = er.resource_id JOIN "Series" s ON ${IN_SERIES}`,
    `INSERT INTO "Credential" (server, endpoint, identity_key, mode, psk_identity, psk_key, common_name, fingerprint, public_key)
      SELECT 'lwm2m', endpoint, identity_key, mode, psk_identity, psk_key, common_name, fingerprint, public_key FROM "PreviousCredential"`,
    `INSERT INTO "DtlsAssociation" (server, key, snapshot) SELECT 'lwm2m', key, snapshot FROM "PreviousDtlsAssociation"`,
    `UPDATE "IdBlock" SET next = 1 + coalesce((SELECT max(id) FROM "PreviousResource"), 0) WHERE name = 'ResourceValue'`,
    `UPDATE "IdBlock" SET next = 1 + coalesce((SELECT max(id) FROM "PreviousEvent"), 0) WHERE name = 'Event'`,
    // In the order of their references, the last first.
    ...['EndpointOperation', 'EventResource', 'Event', 'Resource', 'ResourceType', 'Firmware', 'Credential', 'DtlsAssociation', 'Endpoint'].map((table) => `DROP TABLE "Previous${table}"`), // prettier-ignore
  ];
  for (const statement of statements) await run(db, statement);
}

const IN_SERIES = `s.endpoint = r.endpoint AND s.prefix = '' AND s.resource_type_id = r.resource_type_id
  AND s.object_instance_id = r.object_instance_id AND s.resource_instance_id = coalesce(r.resource_instance_id, -1)`;

/** The latest value of a text Resource of the Device object. */
function latestText(resourceId: number): string {
  return `(SELECT r.str_value FROM "PreviousResource" r WHERE r.endpoint = e.endpoint AND r.object_instance_id = 0 AND r.resource_type_id =
    (SELECT id FROM "PreviousResourceType" WHERE object_id = 3 AND resource_id = ${String(resourceId)}) ORDER BY r.time DESC, r.id DESC LIMIT 1)`;
}

async function executeAll(db: Kysely<unknown>, statements: string): Promise<void> {
  for (const statement of statements.replaceAll(/--.*$/gm, '').split(';')) {
    if (statement.trim() !== '') await run(db, statement);
  }
}

async function run(db: Kysely<unknown>, statement: string): Promise<void> {
  await db.executeQuery(CompiledQuery.raw(statement));
}
