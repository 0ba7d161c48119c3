import { createHash } from 'node:crypto';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import {
  systemClock,
  systemRandom,
  udpTransport,
  type Clock,
  type DatagramTransport,
  type RandomSource,
  type Timer,
} from '@flownexus/datagram';
import { Lwm2mDevice } from '../bootstrap/lwm2m-device.ts';
import { SecurityMode } from '../bootstrap/security-account.ts';
import { coapFetcher } from '../firmware/coap-fetcher.ts';
import { FirmwareObject } from '../firmware/firmware-object.ts';
import type { PackageFetchers, PackageInfo } from '../firmware/firmware-options.ts';
import { httpFetcher } from '../firmware/http-fetcher.ts';
import { Lwm2mClient } from '../lwm2m-client.ts';
import type { Lwm2mVersion } from '../operations/device.ts';
import type { QueueModeOptions } from '../queue-mode/awake-window.ts';
import type { NotificationOutcome } from '../reporting/notifier.ts';
import type { ObjectTree } from '../objects/object-tree.ts';
import { wander } from './wander.ts';
import { zephyrSampleObjects } from './zephyr-sample.ts';

export interface SimulatedDevicesOptions {
  readonly count: number;
  /** A numeric address or a name. Default: 127.0.0.1. */
  readonly serverHost?: string;
  /** Default: 5683. */
  readonly serverPort?: number;
  /** The devices have the account of this bootstrap server alone, and register with what it gives them. Then `serverHost` and `serverPort` mean nothing. */
  readonly bootstrap?: SimulatedBootstrap;
  /** Gives the endpoint name of device 0, 1, and so on; default Zephyr's `urn:imei:` with 100000000000000 + n. */
  readonly endpointName?: (index: number) => string;
  /** How often temperature and humidity change, in milliseconds; default 60 000, as in Zephyr's sample. */
  readonly intervalMs?: number;
  /** Seconds; default 300. */
  readonly lifetime?: number;
  /** Default `1.1`. */
  readonly lwm2mVersion?: Lwm2mVersion;
  /** The devices sleep when nothing was said for a while, and wake up to update, notify and send. Default false. */
  readonly queueMode?: boolean | QueueModeOptions;
  /** A bootstrap server has given the device its accounts. */
  readonly onBootstrapped?: (endpointName: string) => void;
  readonly onRegistered?: (endpointName: string) => void;
  readonly onTrouble?: (endpointName: string, error: Error) => void;
  readonly onNotified?: (endpointName: string, outcome: NotificationOutcome) => void;
  /**
   * Default: UDP on any free port, one for each device. One of `dtlsTransport` makes it CoAP over DTLS. With a bootstrap server what is
   * below DTLS, called for each server.
   */
  readonly transport?: (index: number) => DatagramTransport;
  /** What the devices fetch firmware with. Default: CoAP over UDP, HTTP and HTTPS. */
  readonly fetchers?: (index: number) => PackageFetchers;
  readonly clock?: Clock;
  readonly random?: RandomSource;
}

/** A bootstrap server of simulated devices. */
export interface SimulatedBootstrap {
  /** `coap` or `coaps`. */
  readonly uri: string;
  /** What device 0, 1, and so on proves to it; for `coaps`. */
  readonly psk?: (index: number) => { readonly identity: string; readonly key: Uint8Array };
}

/** Running devices. */
export interface SimulatedDevices {
  /** Those that register, or try to: with a bootstrap server those that it has given a server. */
  readonly clients: readonly Lwm2mClient[];
  /** De-registers and closes all of them. */
  stop(): Promise<void>;
}

/**
 * Starts devices with the objects and values of Zephyr's sample, whose temperature (3303/0/5700, 20 to 25 Cel) and
 * humidity (3304/0/5700, 50 to 60 %) wander, and which take firmware that is pushed to them or that they are to fetch. Returns at once: the devices register by themselves, and go on trying.
 */
export async function startSimulatedDevices(options: SimulatedDevicesOptions): Promise<SimulatedDevices> {
  if (!Number.isInteger(options.count) || options.count < 1) throw new RangeError('count is a whole number from 1');
  const registry = await ObjectRegistry.bundled();
  const devices = Array.from({ length: options.count }, (_, index) => new SimulatedDevice(index, registry, options));
  for (const device of devices) device.start();
  return {
    get clients() {
      return devices.flatMap((device) => device.clients);
    },
    stop: async () => {
      await Promise.all(devices.map((device) => device.stop()));
    },
  };
}

class SimulatedDevice {
  readonly #device: Lwm2mClient | Lwm2mDevice;
  readonly #objects: ObjectTree;
  readonly #firmware: FirmwareObject;
  readonly #options: SimulatedDevicesOptions;
  readonly #clock: Clock;
  readonly #random: RandomSource;
  #timer: Timer | undefined;
  #temperature = 22.5;
  #humidity = 55;

  constructor(index: number, registry: ObjectRegistry, options: SimulatedDevicesOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    const endpointName = (options.endpointName ?? zephyrEndpointName)(index);
    const lifetime = options.lifetime ?? 300;
    this.#objects = zephyrSampleObjects(registry, { serialNumber: String(345_000_123 + index), lifetime });
    this.#firmware = new FirmwareObject(this.#objects, {
      clock: this.#clock,
      fetchers: options.fetchers?.(index) ?? fetchers(),
      inspect,
      reboot: () => this.#device.reboot(),
      onFailure: (error) => {
        this.#trouble(error);
      },
    });
    this.#measure();
    const common = {
      endpointName,
      objects: this.#objects,
      clock: this.#clock,
      random: this.#random,
      ...(options.lwm2mVersion === undefined ? {} : { lwm2mVersion: options.lwm2mVersion }),
      ...(options.queueMode === undefined ? {} : { queueMode: options.queueMode }),
      onRegistered: () => options.onRegistered?.(endpointName),
      onTrouble: (error: Error) => options.onTrouble?.(endpointName, error),
      onNotified: (outcome: NotificationOutcome) => options.onNotified?.(endpointName, outcome),
    };
    const { bootstrap, serverHost = '127.0.0.1', serverPort = 5683, transport } = options;
    if (bootstrap !== undefined) {
      setBootstrapAccount(this.#objects, bootstrap, index);
      const transports = transport === undefined ? {} : { transport: () => transport(index) };
      this.#device = new Lwm2mDevice({
        ...common,
        ...transports,
        onBootstrapped: () => options.onBootstrapped?.(endpointName),
      });
    } else {
      const server = { host: serverHost, port: serverPort };
      const transports = transport === undefined ? {} : { transport: transport(index) };
      this.#device = new Lwm2mClient({ ...common, ...transports, server, lifetime });
    }
  }

  get clients(): readonly Lwm2mClient[] {
    return this.#device instanceof Lwm2mClient ? [this.#device] : [...this.#device.clients.values()];
  }

  start(): void {
    this.#device.start().catch((error: unknown) => {
      this.#timer?.cancel();
      this.#trouble(error);
    });
    const intervalMs = this.#options.intervalMs ?? 60_000;
    // Devices that start together do not report together.
    this.#tickAfter(intervalMs * (0.5 + this.#random.unit() / 2), intervalMs);
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#firmware.close();
    await this.#device.stop();
  }

  #trouble(error: unknown): void {
    this.#options.onTrouble?.(this.#device.endpointName, error instanceof Error ? error : new Error(String(error)));
  }

  #tickAfter(delayMs: number, intervalMs: number): void {
    this.#timer = this.#clock.schedule(delayMs, () => {
      this.#measure();
      this.#tickAfter(intervalMs, intervalMs);
    });
  }

  #measure(): void {
    this.#temperature = wander(this.#temperature, 0.4, 20, 25, this.#random);
    this.#humidity = wander(this.#humidity, 0.8, 50, 60, this.#random);
    this.#objects.set('/3303/0/5700', this.#temperature);
    this.#objects.set('/3304/0/5700', this.#humidity);
  }
}

/** In the place of the account of a server. */
function setBootstrapAccount(objects: ObjectTree, { uri, psk }: SimulatedBootstrap, index: number): void {
  objects.remove('/1/0');
  objects.set('/0/0/0', uri);
  objects.set('/0/0/1', true);
  objects.set('/0/0/2', psk === undefined ? SecurityMode.NO_SEC : SecurityMode.PSK);
  if (psk === undefined) return;
  const { identity, key } = psk(index);
  objects.set('/0/0/3', new TextEncoder().encode(identity));
  objects.set('/0/0/5', key);
}

function fetchers(): PackageFetchers {
  return { coap: coapFetcher({ transport: () => udpTransport() }), http: httpFetcher(), https: httpFetcher() };
}

/** Any package is one: it says nothing of itself, so that its version is the beginning of its SHA-256. */
function inspect(image: Uint8Array): PackageInfo {
  return { version: createHash('sha256').update(image).digest('hex').slice(0, 8) };
}

/** Zephyr's endpoint names, of device 0, 1, and so on. */
export function zephyrEndpointName(index: number): string {
  return `urn:imei:${100_000_000_000_000 + index}`;
}
