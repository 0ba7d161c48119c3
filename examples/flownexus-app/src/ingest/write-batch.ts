import type { Database } from '../database/database.ts';
import type { Batch, StoredBatch } from './batch.ts';

/** Writes one batch: call it inside of a transaction. */
export function writeBatch(database: Database, batch: Batch): StoredBatch {
  const { endpoint, receivedAt, change, source, records, eventType } = batch;
  switch (change?.kind) {
    case 'registered':
      database.endpoints.setRegistered(endpoint, receivedAt, change.registration);
      break;
    case 'unregistered':
      database.endpoints.setUnregistered(endpoint);
      database.endpoints.touch(endpoint, receivedAt);
      break;
    case undefined:
      database.endpoints.touch(endpoint, receivedAt);
      break;
  }
  const resourceIds = records.map((record) => {
    const { objectId, resourceId } = record.path;
    if (objectId === undefined || resourceId === undefined) throw new TypeError('a value needs the path of a Resource');
    const type = database.resourceTypes.ensure(objectId, resourceId, record.type);
    return database.resources.insert(endpoint, record, type, source, receivedAt);
  });
  if (eventType !== undefined && resourceIds.length > 0) {
    database.events.insert(endpoint, eventType, receivedAt, resourceIds);
  }
  return { batch, resourceIds };
}
