import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { ObjectRegistry, parsePath, type ResourceValue } from '@flownexus/lwm2m-core';
import { coap, Lwm2mServer, type Lwm2mServerOptions, type Presence, type Registration } from '../../src/index.ts';
import { tellDefinitions } from './definitions.ts';
import type { DevicePeer } from './device-peer.ts';
import { DeviceProgram, type ForeignDevice } from './device-program.ts';
import { valuesOf } from './device-values.ts';

/** The machine may be busy with other tests, and a virtual machine has to start. */
const TIMEOUT_MS = 120_000;
export const NAME = 'interop';
/** The OMA's Test Object, and two temperature sensors. */
const PATHS = ['/3442/0', '/3303/0', '/3303/1'];

const objects = await ObjectRegistry.bundled();

/** Our server on the loopback interface, and devices of a foreign stack. */
export class DeviceStage {
  readonly #peer: DevicePeer;
  readonly #devices: ForeignDevice[] = [];
  #program: DeviceProgram | undefined;
  #server: Lwm2mServer | undefined;
  /** Errors that had no caller. */
  readonly errors: unknown[] = [];

  constructor(peer: DevicePeer) {
    this.#peer = peer;
  }

  get server(): Lwm2mServer {
    if (this.#server === undefined) throw new Error('the server is not open');
    return this.#server;
  }

  /** Starts the program of the devices. */
  async begin(): Promise<void> {
    this.#program = await DeviceProgram.start(this.#peer.command);
  }

  async end(): Promise<void> {
    await this.#program?.stop();
  }

  /** Starts the server; the one before is stopped. */
  async open(options: Partial<Lwm2mServerOptions> = {}): Promise<void> {
    await this.#open(0, options);
  }

  /** Starts a server at the address of the one before, which is stopped. */
  async reopen(options: Partial<Lwm2mServerOptions> = {}): Promise<void> {
    await this.#open(this.server.addresses[0]?.port ?? 0, options);
  }

  async #open(port: number, options: Partial<Lwm2mServerOptions>): Promise<void> {
    await this.#server?.stop();
    this.#server = new Lwm2mServer({
      endpoints: [coap({ host: '127.0.0.1', port })],
      objects,
      onError: (error) => this.errors.push(error),
      ...options,
    });
    await this.#server.start();
  }

  /** A device that is about to register. */
  async start(
    settings: Readonly<Record<string, string>> = {},
    paths: readonly string[] = PATHS,
  ): Promise<ForeignDevice> {
    if (this.#program === undefined) throw new Error('the program has not begun');
    const [address] = this.server.addresses;
    const uri = `${address?.scheme ?? ''}://127.0.0.1:${String(address?.port)}`;
    const device = await this.#program.device({ endpoint: NAME, uri, lifetime: '300', ...settings });
    this.#devices.push(device);
    const ids = new Set([3442, 3303, 3304, ...paths.flatMap((path) => parsePath(path).objectId ?? [])]);
    await tellDefinitions(device, objects, [...ids], this.#peer.lacksTypes);
    await device.run('start', ...paths);
    return device;
  }

  /** A device that has registered. */
  async registered(
    settings?: Readonly<Record<string, string>>,
    paths?: readonly string[],
  ): Promise<[device: ForeignDevice, registration: Registration]> {
    const registration = this.registration();
    const device = await this.start(settings, paths);
    const first = await device.soon('it to register', registration);
    await device.event('registered');
    return [device, first];
  }

  /** The registration that comes next. */
  registration(): Promise<Registration> {
    return new Promise((resolve) => {
      this.server.once('registered', resolve);
    });
  }

  /** The next Update, and what it made of the registration. */
  updated(): Promise<Registration> {
    return new Promise((resolve) => {
      this.server.once('updated', (registration) => {
        resolve(registration);
      });
    });
  }

  /** How the next registration ends that does. */
  deregistered(): Promise<string> {
    return new Promise((resolve) => {
      this.server.once('deregistered', (_, reason) => {
        resolve(reason);
      });
    });
  }

  /** Resolves when the server takes the device to be asleep. */
  async asleep(): Promise<void> {
    if (this.server.presence(NAME)?.state === 'asleep') return;
    await new Promise<void>((resolve) => {
      const listener = (_: Registration, { state }: Presence): void => {
        if (state !== 'asleep') return;
        this.server.off('presence', listener);
        resolve();
      };
      this.server.on('presence', listener);
    });
  }

  /** The values that a device has at a path, by their paths. */
  async values(path: string, accept?: number): Promise<Record<string, ResourceValue>> {
    const result = await this.server.device(NAME).read(path, accept === undefined ? {} : { accept });
    if (accept !== undefined) expect(result.contentFormat).toBe(accept);
    return valuesOf(result.records);
  }

  /** Ends the devices without a word to the server, and then the server. */
  async close(): Promise<void> {
    for (const device of this.#devices.splice(0)) await device.run('destroy');
    await this.#server?.stop();
    this.#server = undefined;
    expect(this.errors.splice(0)).toEqual([]);
  }
}

/** Tests with a foreign stack; skipped, with the reason in their name, where it is missing. */
export function describeDevices(peer: DevicePeer, what: string, tests: (stage: DeviceStage) => void): void {
  const missing = peer.missing();
  const suffix = missing === undefined ? '' : ` (skipped: ${missing})`;
  describe.skipIf(missing !== undefined)(`${peer.name}: ${what}${suffix}`, { timeout: TIMEOUT_MS }, () => {
    const stage = new DeviceStage(peer);
    beforeAll(() => stage.begin(), TIMEOUT_MS);
    afterAll(() => stage.end(), TIMEOUT_MS);
    beforeEach(() => stage.open(), TIMEOUT_MS);
    afterEach(() => stage.close(), TIMEOUT_MS);
    tests(stage);
  });
}
