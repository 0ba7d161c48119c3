#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { parseCoapUri } from '@flownexus/coap';
import { udpTransport, type DatagramTransport } from '@flownexus/datagram';
import { dtlsTransport } from '@flownexus/dtls';
import { coapFetcher } from '../firmware/coap-fetcher.ts';
import type { Lwm2mVersion } from '../operations/device.ts';
import { startSimulatedDevices, zephyrEndpointName, type SimulatedDevicesOptions } from './simulated-devices.ts';
import { wasAnswered } from './was-answered.ts';

const usage = `Simulated LwM2M devices with the objects of Zephyr's sample.

  --count N       how many devices (1 to 10000; default 1)
  --host HOST     the server (default 127.0.0.1)
  --port PORT     its port (default 5683, with --psk 5684)
  --bootstrap URI a bootstrap server, coap://HOST:PORT or coaps://HOST:PORT, in the place of --host and --port: it tells the devices
                  their servers, and --psk is for it alone
  --interval S    seconds between two measurements (default 2)
  --lifetime S    registration lifetime in seconds (default 300)
  --lwm2m V       LwM2M version: 1.0, 1.1 or 1.2 (default 1.1)
  --queue S       queue mode: asleep when nothing was said for S seconds
  --prefix NAME   endpoint names are NAME0, NAME1, … (default: urn:imei:100000000000000 and up)
  --psk KEY       over DTLS with a Connection ID, with this pre-shared key: an even number of hexadecimal digits
  --identity ID   the PSK identity; of several devices ID0, ID1, … (default: the endpoint name)
  --help          this text
`;

/** A server on the same network has answered by then; a first retransmission included. */
const ANSWER_EXPECTED_MS = 5_000;

const write = (line: string): void => void process.stdout.write(`${line}\n`);

function numberOption(name: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < low || value > high) {
    throw new RangeError(`--${name} is a number from ${low} to ${high}, not "${text}"`);
  }
  return value;
}

function integerOption(name: string, text: string, low: number, high: number): number {
  const value = numberOption(name, text, low, high);
  if (!Number.isInteger(value)) throw new RangeError(`--${name} is a whole number, not "${text}"`);
  return value;
}

function versionOption(text: string): Lwm2mVersion {
  if (text === '1.0' || text === '1.1' || text === '1.2') return text;
  throw new RangeError(`--lwm2m is 1.0, 1.1 or 1.2, not "${text}"`);
}

function keyOption(text: string): Uint8Array {
  if (!/^([0-9a-f]{2})+$/i.test(text)) throw new RangeError('--psk is a key of an even number of hexadecimal digits');
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** A socket of its own, and behind it an association that a Connection ID keeps when the address changes. */
function pskTransport(psk: { readonly identity: string; readonly key: Uint8Array }): DatagramTransport {
  return dtlsTransport({ transport: udpTransport({ scheme: 'coaps' }), client: { psk } });
}

/** What the devices turn to, and how they prove who they are. */
function serverOptions(
  { host, port, bootstrap }: { readonly host?: string; readonly port?: string; readonly bootstrap?: string },
  psk: ((index: number) => { readonly identity: string; readonly key: Uint8Array }) | undefined,
): Pick<SimulatedDevicesOptions, 'serverHost' | 'serverPort' | 'bootstrap' | 'transport' | 'fetchers'> & {
  readonly url: string;
} {
  if (bootstrap !== undefined) {
    if (host !== undefined || port !== undefined) throw new RangeError('--bootstrap needs neither --host nor --port');
    const { scheme } = parseCoapUri(bootstrap);
    if ((scheme === 'coaps') !== (psk !== undefined))
      throw new RangeError('a --bootstrap of coaps:// and a --psk go together');
    return { url: bootstrap, bootstrap: { uri: bootstrap, ...(psk === undefined ? {} : { psk }) } };
  }
  const scheme = psk === undefined ? 'coap' : 'coaps';
  const serverHost = host ?? '127.0.0.1';
  const serverPort = integerOption('port', port ?? (psk === undefined ? '5683' : '5684'), 1, 65_535);
  return {
    url: `${scheme}://${serverHost}:${serverPort}`,
    serverHost,
    serverPort,
    ...(psk === undefined ? {} : secured((index) => pskTransport(psk(index)))),
  };
}

/** What is over DTLS: the registration, and firmware at a `coaps:` URI, with the same credentials. */
function secured(
  transport: (index: number) => DatagramTransport,
): Pick<SimulatedDevicesOptions, 'transport' | 'fetchers'> {
  return { transport, fetchers: (index) => ({ coaps: coapFetcher({ transport: () => transport(index) }) }) };
}

function readOptions(): (SimulatedDevicesOptions & { readonly url: string }) | undefined {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '1' },
      host: { type: 'string' },
      port: { type: 'string' },
      bootstrap: { type: 'string' },
      interval: { type: 'string', default: '2' },
      lifetime: { type: 'string', default: '300' },
      lwm2m: { type: 'string', default: '1.1' },
      queue: { type: 'string' },
      prefix: { type: 'string' },
      psk: { type: 'string' },
      identity: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { prefix, psk, identity } = values;
  if (identity !== undefined && psk === undefined) throw new RangeError('--identity needs a --psk');
  const count = integerOption('count', values.count, 1, 10_000);
  const endpointName = prefix === undefined ? zephyrEndpointName : (index: number) => `${prefix}${index}`;
  const key = psk === undefined ? undefined : keyOption(psk);
  const identityOf = (index: number): string =>
    identity === undefined ? endpointName(index) : count === 1 ? identity : `${identity}${index}`;
  return {
    count,
    ...serverOptions(values, key === undefined ? undefined : (index) => ({ identity: identityOf(index), key })),
    intervalMs: numberOption('interval', values.interval, 0.01, 86_400) * 1_000,
    lifetime: integerOption('lifetime', values.lifetime, 15, 0xffffffff),
    lwm2mVersion: versionOption(values.lwm2m),
    queueMode:
      values.queue === undefined ? false : { awakeTimeMs: numberOption('queue', values.queue, 1, 86_400) * 1_000 },
    endpointName,
  };
}

async function main(): Promise<void> {
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
    return;
  }
  if (options === undefined) {
    process.stdout.write(usage);
    return;
  }
  const { url } = options;
  write(`${options.count} simulated device${options.count === 1 ? '' : 's'} for ${url}; Ctrl-C ends`);
  let isAnswered = false;
  const devices = await startSimulatedDevices({
    ...options,
    onBootstrapped: () => (isAnswered = true),
    onRegistered: (endpointName) => {
      isAnswered = true;
      write(`${endpointName}: registered`);
    },
    onTrouble: (endpointName, error) => {
      isAnswered ||= wasAnswered(error);
      write(`${endpointName}: ${error.message}`);
    },
  });
  setTimeout(() => {
    if (isAnswered) return;
    const doubt = url.startsWith('coap:') ? '' : ', and does it know this key and identity';
    write(`no answer from ${url} yet: is the server running there${doubt}?`);
  }, ANSWER_EXPECTED_MS).unref();
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(130);
    stopping = true;
    devices.stop().catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    });
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

await main();
