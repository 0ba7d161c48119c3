#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { startSimulatedDevices, type SimulatedDevicesOptions } from './simulated-devices.ts';

const usage = `Simulated LwM2M devices with the objects of Zephyr's sample.

  --count N       how many devices (1 to 10000; default 1)
  --host HOST     the server (default 127.0.0.1)
  --port PORT     its CoAP port (default 5683)
  --interval S    seconds between two measurements (default 2)
  --lifetime S    registration lifetime in seconds (default 300)
  --prefix NAME   endpoint names are NAME0, NAME1, … (default: urn:imei:100000000000000 and up)
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

function readOptions(): SimulatedDevicesOptions | undefined {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '1' },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '5683' },
      interval: { type: 'string', default: '2' },
      lifetime: { type: 'string', default: '300' },
      prefix: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const prefix = values.prefix;
  return {
    count: integerOption('count', values.count, 1, 10_000),
    serverHost: values.host,
    serverPort: integerOption('port', values.port, 1, 65_535),
    intervalMs: numberOption('interval', values.interval, 0.01, 86_400) * 1_000,
    lifetime: integerOption('lifetime', values.lifetime, 15, 0xffffffff),
    ...(prefix === undefined ? {} : { endpointName: (index: number) => `${prefix}${index}` }),
    onRegistered: (endpointName) => write(`${endpointName}: registered`),
    onTrouble: (endpointName, error) => write(`${endpointName}: ${error.message}`),
  };
}

async function main(): Promise<void> {
  let options: SimulatedDevicesOptions | undefined;
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
  write(
    `${options.count} simulated device${options.count === 1 ? '' : 's'} for coap://${options.serverHost}:${options.serverPort}; Ctrl-C ends`,
  );
  const devices = await startSimulatedDevices(options);
  setTimeout(() => {
    if (devices.clients.some((client) => client.registrationId !== undefined)) return;
    write(`no answer from coap://${options.serverHost}:${options.serverPort} yet: is the server running there?`);
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
