import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { LogCollector, type LogCollectorOptions, type LogEntry, type Lwm2mServerOptions } from '../../src/index.ts';
import { Stage, type ScriptedDevice } from '../scripted-device.ts';

/** A device that has logs and has registered, and what is collected of it. */
export interface Collecting {
  readonly stage: Stage;
  readonly device: ScriptedDevice;
  readonly collector: LogCollector;
  /** In words: `read /20/0/4014 info app: started`. */
  readonly entries: string[];
}

export const objects: ObjectRegistry = await ObjectRegistry.bundled();
const LINKS = '</>;ct=110,</1/0>,</3/0>,</20>;ver=2.1,</20/0>,</20/1>,</10259/0>,</3353/0>,</26241/0>';

export async function collecting(
  options: Partial<LogCollectorOptions> = {},
  serverOptions: Partial<Lwm2mServerOptions> = {},
  query: string = 'lwm2m=1.1&ep=dev&lt=60',
): Promise<Collecting> {
  const stage: Stage = new Stage({
    objects,
    onSend: (report) => collector.onSend(report),
    onNotify: (notification) => collector.onNotify(notification),
    ...serverOptions,
  });
  const entries: string[] = [];
  const collector: LogCollector = new LogCollector(stage.server, {
    onEntries: (batch) => void entries.push(...batch.map(inWords)),
    onError: (error, context) => stage.log.push(`error: ${context}: ${String(error)}`),
    ...options,
  });
  await stage.server.start();
  const device = stage.device();
  await device.register(query, LINKS);
  return { stage, device, collector, entries };
}

function inWords(entry: LogEntry): string {
  const { source, path } = entry;
  if (entry.kind === 'bytes') return `${source} ${path} ${Buffer.from(entry.bytes).toString('hex')}`;
  const { level = '-', module, message } = entry;
  return `${source} ${path} ${level} ${module === undefined ? message : `${module}: ${message}`}`;
}

/** Values in SenML JSON; bytes are `vd`. */
export function senml(values: Readonly<Record<string, string | number | Uint8Array>>): string {
  return JSON.stringify(
    Object.entries(values).map(([n, value]) => {
      if (typeof value === 'string') return { n, vs: value };
      return typeof value === 'number' ? { n, v: value } : { n, vd: Buffer.from(value).toString('base64url') };
    }),
  );
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
