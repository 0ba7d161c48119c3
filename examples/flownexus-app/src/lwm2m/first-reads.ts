import type { ResourceRecord } from '@flownexus/lwm2m-core';
import { type Lwm2mServer, Lwm2mServerError, OperationRejectedError, type Registration } from '@flownexus/lwm2m-server';
import type { Logger } from 'pino';
import { limits } from '../limits.ts';
import type { Batch } from '../values/batch.ts';
import { SENSOR_UNITS } from '../values/known-resource-types.ts';
import { readBatch } from './value-batches.ts';

export interface FirstReadsOptions {
  /** Resolves when the batch is safe. */
  readonly store: (batch: Batch) => Promise<void>;
  readonly log: Logger;
}

/** Reads of each endpoint that registers what tells who it is, and of sensors what they measure in. Once, and not again after an Update. */
export function readOnRegistration(server: Lwm2mServer, { store, log }: FirstReadsOptions): void {
  const readAll = (endpoint: string, paths: readonly string[]): void => {
    readInTurn(server, endpoint, paths, store).catch((error: unknown) => {
      if (!(error instanceof Lwm2mServerError))
        log.error({ err: error, endpoint }, 'what was read could not be stored');
      // A device that is gone again, or does not have it, is its own affair.
      else log.debug({ endpoint, code: error.code, reason: error.message }, 'not read');
    });
  };
  server.on('registered', (registration) => {
    readAll(registration.endpointName, ['/3', ...sensorUnits(registration)]);
  });
  server.on('updated', (registration, previous) => {
    if (registration.instances === previous.instances) return;
    const known = new Set(sensorUnits(previous));
    readAll(
      registration.endpointName,
      sensorUnits(registration).filter((path) => !known.has(path)),
    );
  });
}

/** Reads one path after another: what a device is asked at once costs us memory while it keeps silent. */
async function readInTurn(
  server: Lwm2mServer,
  endpoint: string,
  paths: readonly string[],
  store: (batch: Batch) => Promise<void>,
): Promise<void> {
  for (const path of paths) {
    let records: readonly ResourceRecord[];
    try {
      ({ records } = await server.device(endpoint).read(path, { timeoutMs: limits.readTimeoutMs }));
    } catch (error) {
      // It answered, and does not have this: it may have the next.
      if (error instanceof OperationRejectedError) continue;
      throw error;
    }
    await store(readBatch(endpoint, path, records));
  }
}

/** Where the observed sensors say what they measure in. */
function sensorUnits({ instances }: Registration): string[] {
  return [3303, 3304].flatMap((objectId) =>
    (instances.get(objectId) ?? [])
      .slice(0, limits.unitReadsPerObject)
      .map((instanceId) => `/${String(objectId)}/${String(instanceId)}/${String(SENSOR_UNITS)}`),
  );
}
