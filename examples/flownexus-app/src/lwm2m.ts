import type { ObjectRegistry, ResourceRecord } from '@flownexus/lwm2m-core';
import { pathOf } from '@flownexus/lwm2m-core';
import {
  type AssociationStore,
  coap,
  coaps,
  type CredentialStore,
  Lwm2mServer,
  Lwm2mServerError,
  OperationRejectedError,
  type ObservationPolicy,
  type Registration,
  type ServerAddress,
  type ServerEndpoint,
} from '@flownexus/lwm2m-server';
import type { Logger } from 'pino';
import type { CoapsFiles } from './coaps-files.ts';
import type { EndpointRegistration } from './database/endpoint-table.ts';
import { EVENT_OBJECT, REGISTRATION_EVENTS, SENSOR_UNITS } from './database/known-resource-types.ts';
import { isDemoEndpoint } from './demo.ts';
import { formatHost } from './http/http-server.ts';
import type { Batch } from './ingest/batch.ts';
import type { UnstoredEnds } from './ingest/unstored-ends.ts';
import { limitedLog } from './limited-log.ts';
import { limits } from './limits.ts';
import { StartError } from './start-error.ts';

/** Observed on every endpoint that has it: temperature, humidity, how a firmware update goes, and as one observation what makes up Events. */
const observe: readonly ObservationPolicy[] = [
  { path: '/3303/*/5700' },
  { path: '/3304/*/5700' },
  { path: '/5/0/3' },
  { path: '/5/0/5' },
  { paths: [`/${String(EVENT_OBJECT)}`] },
];

export interface Lwm2mOptions {
  /** Undefined: all addresses. */
  readonly host: string | undefined;
  readonly port: number;
  readonly objects: ObjectRegistry;
  /** CoAP over DTLS, on the same host. */
  readonly secured: SecuredOptions;
  /** Resolves when the batch is safe. Devices get their answer only then. */
  readonly store: (batch: Batch) => Promise<void>;
  /** Tries again what nobody waits for. */
  readonly unstoredEnds: UnstoredEnds;
  readonly log: Logger;
}

export interface SecuredOptions extends CoapsFiles {
  readonly port: number;
  readonly credentials: CredentialStore;
  readonly associations: AssociationStore;
}

/**
 * Starts the server; gives the addresses that it listens on. Rejects with a {@link StartError} when it can not. `coapsPort` is the port that
 * was asked for.
 */
export async function startLwm2m(
  server: Lwm2mServer,
  coapsPort: number,
): Promise<{ coap: ServerAddress; coaps: ServerAddress }> {
  try {
    await server.start();
  } catch (error) {
    // Of the transports below: an address that can not be bound, a host name that has none, or authorities that are none.
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ERR_DATAGRAM_BIND' && code !== 'ERR_DATAGRAM_RESOLVE' && code !== 'ERR_DTLS_CREDENTIAL') throw error;
    const { message } = error as Error;
    const portVariable = message.includes(`port ${String(coapsPort)} `)
      ? 'FLOWNEXUS_COAPS_PORT'
      : 'FLOWNEXUS_COAP_PORT';
    throw new StartError(
      code === 'ERR_DTLS_CREDENTIAL'
        ? `FLOWNEXUS_COAPS_CA can not be used: ${message}`
        : `LwM2M can not listen: ${message}; ${portVariable} and FLOWNEXUS_COAP_HOST set another address`,
      { cause: error },
    );
  }
  const [coap, coaps] = server.addresses;
  if (coap === undefined || coaps === undefined) throw new Error('the LwM2M server does not listen');
  return { coap, coaps };
}

/** An LwM2M server that stores everything it hears of. Not started yet. */
export function lwm2mServer(options: Lwm2mOptions): Lwm2mServer {
  const { objects, store, unstoredEnds, log } = options;
  const server = new Lwm2mServer({
    endpoints: endpoints(options),
    objects,
    observe,
    onError: limitedLog({
      write: (error, context, left) => log.error({ err: error, ...(left === 0 ? {} : { leftOut: left }) }, context),
      perSecond: limits.errorLinesPerSecond,
    }),
    onRegister: (registration) =>
      unstoredEnds.supersede(registration.endpointName, () =>
        store(registrationBatch(registration, REGISTRATION_EVENTS.registered, registration.registeredAt)),
      ),
    onUpdate: (registration) =>
      store(registrationBatch(registration, REGISTRATION_EVENTS.updated, registration.updatedAt)),
    onDeregister: async ({ endpointName }, reason) => {
      const now = Date.now();
      try {
        await store(endBatch(endpointName, now));
      } catch (error) {
        // One that de-registers tries again, or expires.
        if (reason !== 'deregistered') unstoredEnds.add(endpointName, now);
        throw error;
      }
    },
    onNotify: ({ registration, receivedAt, records, composite }) =>
      store({
        endpoint: registration.endpointName,
        receivedAt,
        ...(composite ? { source: 'composite', eventType: String(EVENT_OBJECT) } : { source: 'observe' }),
        records: ownOf(records),
      }),
    onSend: ({ registration, receivedAt, records }) =>
      store({ endpoint: registration.endpointName, receivedAt, source: 'send', records: ownOf(records) }),
  });

  const readAll = (endpoint: string, paths: readonly string[]): void => {
    readInTurn(server, endpoint, paths, store).catch((error: unknown) => {
      if (!(error instanceof Lwm2mServerError))
        log.error({ err: error, endpoint }, 'what was read could not be stored');
      // A device that is gone again, or does not have it, is its own affair.
      else log.debug({ endpoint, code: error.code, reason: error.message }, 'not read');
    });
  };
  server.on('registered', (registration) => {
    const { endpointName: endpoint } = registration;
    log.debug({ endpoint, registrationId: registration.registrationId }, 'registered');
    readAll(endpoint, ['/3', ...sensorUnits(registration)]);
  });
  server.on('updated', (registration, previous) => {
    if (registration.instances === previous.instances) return;
    const known = new Set(sensorUnits(previous));
    readAll(
      registration.endpointName,
      sensorUnits(registration).filter((path) => !known.has(path)),
    );
  });
  server.on('observationFailed', ({ endpointName: endpoint }, path, error) => {
    // Without a stack, and not by default: a device can provoke one with each message.
    log.debug({ endpoint, path, reason: error.message }, 'not observed');
  });
  server.on('refused', ({ operation, endpointName: endpoint, address, code, reason }) => {
    log.debug({ operation, endpoint, address, code, reason }, 'refused');
  });
  return server;
}

function endpoints({ host, port, secured, log }: Lwm2mOptions): ServerEndpoint[] {
  const { ownCredential, roots, ...others } = secured;
  const at = host === undefined ? {} : { host };
  return [
    coap({ port, ...at }),
    coaps({
      ...others,
      ...at,
      ...(ownCredential === undefined ? {} : { ownCredential }),
      ...(roots === undefined ? {} : { roots }),
      onHandshakeFailed: ({ host: from, port: fromPort, claimedIdentity, reason }) => {
        // Not by default: whoever reaches the port can provoke one with each datagram.
        log.debug({ address: `${formatHost(from)}:${String(fromPort)}`, claimedIdentity, reason: reason.message }, 'no DTLS association'); // prettier-ignore
      },
    }),
  ];
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
    const eventType = path === '/3' ? { eventType: '3' } : {};
    await store({ endpoint, receivedAt: Date.now(), source: 'read', records, ...eventType });
  }
}

/** Those that are of the endpoint itself: what a gateway reports of the devices behind it has no place in the database yet. */
function ownOf(records: readonly ResourceRecord[]): readonly ResourceRecord[] {
  return records.filter(({ path }) => path.prefix === undefined);
}

/** Where the observed sensors say what they measure in. */
function sensorUnits({ instances }: Registration): string[] {
  return [3303, 3304].flatMap((objectId) =>
    (instances.get(objectId) ?? [])
      .slice(0, limits.unitReadsPerObject)
      .map((instanceId) => `/${String(objectId)}/${String(instanceId)}/${String(SENSOR_UNITS)}`),
  );
}

function registrationBatch(registration: Registration, resourceId: number, at: number): Batch {
  return {
    endpoint: registration.endpointName,
    receivedAt: at,
    source: 'register',
    change: { kind: 'registered', registration: toRow(registration) },
    records: [registrationEvent(resourceId, at)],
  };
}

/** The end of an endpoint's registration, at a time in milliseconds since 1970. */
export function endBatch(endpoint: string, at: number): Batch {
  return {
    endpoint,
    receivedAt: at,
    source: 'register',
    change: { kind: 'unregistered' },
    records: [registrationEvent(REGISTRATION_EVENTS.unregistered, at)],
  };
}

/** A registration event is a value of FlowNexus' own object: the time of the event in seconds. */
function registrationEvent(resourceId: number, at: number): ResourceRecord {
  const path = pathOf(REGISTRATION_EVENTS.objectId, 0, resourceId);
  return { path, type: 'time', value: Math.floor(at / 1000), time: undefined };
}

function toRow(registration: Registration): EndpointRegistration {
  const { address, lifetime, lwm2mVersion, bindingMode, queueMode, links, endpointName, identity } = registration;
  return {
    address: `${formatHost(address.host)}:${String(address.port)}`,
    lifetime,
    lwm2mVersion,
    bindingMode,
    queueMode,
    objectLinks: links.map(({ path }) => path),
    demo: isDemoEndpoint(endpointName),
    security: identity.kind === 'anonymous' ? 'none' : identity.kind,
  };
}
