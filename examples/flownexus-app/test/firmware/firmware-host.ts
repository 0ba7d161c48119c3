import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { DatabaseKind } from '../../src/database/dialect.ts';
import type { Database } from '../../src/database/open-database.ts';
import { type Firmware, openFirmwarePackages } from '../../src/firmware/open-firmware-packages.ts';
import type { FirmwareItem } from '../../src/firmware/firmware-item.ts';
import { Settings, type SettingsValues } from '../../src/settings/settings.ts';
import { temporaryDirectory, testDatabase } from '../support/test-database.ts';
import { testHttpApp } from '../support/test-http-app.ts';
import { type Answer } from '../support/test-http.ts';

export const COLLECTION = '/api/v1/firmware';
export const BINARY = { 'content-type': 'application/octet-stream' };

/** Bytes that have no pattern that could hide a mistake. */
export function image(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0, state = 1; at < length; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export interface FirmwareHostOptions {
  readonly kind?: DatabaseKind;
  readonly settings?: Partial<SettingsValues>;
  readonly database?: Database;
  /** Default: a new one. */
  readonly dataDirectory?: string;
  readonly inUse?: (id: string) => boolean;
}

/** The firmware packages over a database of their own, behind the whole HTTP app. */
export async function firmwareHost(options: FirmwareHostOptions = {}) {
  const dataDirectory = options.dataDirectory ?? temporaryDirectory();
  const database = options.database ?? (await testDatabase(options.kind));
  const settings = await Settings.load(database, { production: false });
  if (options.settings !== undefined) await settings.update(options.settings);
  const logged: object[] = [];
  const log = pino({ base: null }, { write: (line) => void logged.push(JSON.parse(line) as object) });
  const firmware: Firmware = await openFirmwarePackages({
    database,
    dataDirectory,
    settings,
    publicUrl: undefined,
    coapPublicHost: undefined,
    deviceHost: () => '127.0.0.1',
    inUse: options.inUse ?? (() => false),
    log,
  });
  onTestFinished(() => firmware.stop());
  const http = await testHttpApp({ routes: firmware.routes, mounts: [firmware.mount] });
  const folder = join(dataDirectory, 'firmware');
  return {
    ...http,
    database,
    settings,
    firmware,
    dataDirectory,
    folder,
    logged,
    /** The names of the files that there are. */
    files: () => readdirSync(folder),
    upload: (query: string, bytes: Buffer, headers: Record<string, string> = {}): Promise<Answer> =>
      http.call('POST', `${COLLECTION}?${query}`, { ...BINARY, 'content-length': String(bytes.length), ...headers }, bytes), // prettier-ignore
    list: async () => ((await http.get(COLLECTION)).body as { items: FirmwareItem[] }).items,
  };
}

/** An upload that has to succeed. */
export function uploaded({ status, body, text }: Answer): FirmwareItem {
  if (status !== 201) throw new Error(`it was not uploaded: ${String(status)} ${text}`);
  return body as FirmwareItem;
}
