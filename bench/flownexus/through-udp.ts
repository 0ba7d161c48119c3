import type { DatabaseKind } from '../../examples/flownexus-app/src/database/dialect.ts';
import { openDatabase } from '../../examples/flownexus-app/src/database/open-database.ts';
import { Child } from '../child.ts';
import type { AppMessage, AppOrder, AppQuestion, DevicesMessage, DevicesOrder, DevicesTask } from './orders.ts';
import { place, type Place } from './place.ts';

export interface ThroughUdpSize extends DevicesTask {
  readonly devices: number;
}

export interface ThroughUdpResult {
  readonly kind: DatabaseKind;
  readonly perSecond: number;
  readonly acknowledged: number;
  readonly repeated: number;
  /** Of what was acknowledged, what is not in the database: 0, or something is wrong. */
  readonly lost: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the app: all of its threads. */
  readonly cpuMicros: number;
  /** Of the app, after the load, and at its most. */
  readonly rssMb: number;
  readonly maxRssMb: number;
}

/** Notifications of many devices through the whole app, from the datagram to the disk. Undefined where the database is not installed. */
export async function measureThroughUdp(
  kind: DatabaseKind,
  size: ThroughUdpSize,
  nodeOptions: readonly string[] = [],
): Promise<ThroughUdpResult | undefined> {
  const at = place(kind);
  if (at === undefined) return undefined;
  const app = new Child<AppMessage>('./flownexus/app-process.mjs', nodeOptions, []);
  const devices = new Child<DevicesMessage>('./flownexus/devices.ts');
  try {
    app.say({ url: at.url, dataDirectory: at.dataDirectory } satisfies AppOrder);
    const { port } = await hear(app, 'listening');
    devices.say({ port, devices: size.devices } satisfies DevicesOrder);
    await hear(devices, 'ready');
    const before = await used(app);
    devices.say({ perSecond: size.perSecond, seconds: size.seconds } satisfies DevicesTask);
    const { acknowledged, repeated, elapsedMs, p50Ms, p99Ms } = await hear(devices, 'done');
    const after = await used(app);
    app.say('stop' satisfies AppQuestion);
    await hear(app, 'stopped');
    // Of each device the first value came with the answer that established the observation.
    const lost = acknowledged + size.devices - (await stored(at));
    const cpuMicros = (after.cpuMicros - before.cpuMicros) / acknowledged;
    const perSecond = (acknowledged / elapsedMs) * 1000;
    return { kind, perSecond, acknowledged, repeated, lost: Math.max(0, lost), p50Ms, p99Ms, cpuMicros, rssMb: after.rss / 1e6, maxRssMb: after.maxRss / 1e6 }; // prettier-ignore
  } finally {
    await Promise.all([app.end(), devices.end()]);
    at.remove();
  }
}

async function stored(at: Place): Promise<number> {
  const fail = (error: Error): never => {
    throw error;
  };
  const database = await openDatabase({ ...at, onFatal: fail, onLost: fail });
  const { n } = await database.longReads
    .selectFrom('ResourceValue as v')
    .innerJoin('Series as s', 's.id', 'v.series_id')
    .innerJoin('ResourceType as t', 't.id', 's.resource_type_id')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('t.object_id', '=', 3303)
    .where('t.resource_id', '=', 5700)
    .executeTakeFirstOrThrow();
  await database.close();
  return n;
}

async function used(app: Child<AppMessage>): Promise<Extract<AppMessage, { kind: 'used' }>> {
  app.say('used' satisfies AppQuestion);
  return hear(app, 'used');
}

async function hear<Message extends { readonly kind: string }, Kind extends Message['kind']>(
  child: Child<Message>,
  kind: Kind,
): Promise<Extract<Message, { readonly kind: Kind }>> {
  const message = await child.hear();
  if (message.kind !== kind) throw new Error(`expected ${kind}, heard ${JSON.stringify(message)}`);
  return message as Extract<Message, { readonly kind: Kind }>;
}
