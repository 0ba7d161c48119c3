// npm run bench:dtls -- [--smoke] [--rounds=9] [--cpu-prof=FOLDER] [--only=psk-cid] (or memory)
// Handshakes and records of a server against the primitives that they can't do without, and what an idle association costs to keep.
import { parseArgs } from 'node:util';
import { Child } from '../child.ts';
import { markdownTable, median } from '../statistics.ts';
import { newCredentials } from './credentials.ts';
import { bytesPerAssociation } from './memory.ts';
import {
  isHandshake,
  type LoadMessage,
  type LoadOrder,
  type Mode,
  type Order,
  type ServerMessage,
} from './protocol.ts';

const { values } = parseArgs({
  options: {
    smoke: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string' },
    'cpu-prof': { type: 'string' },
  },
});
const rounds = Number(values.rounds ?? (values.smoke ? 1 : 9));
const SIZE = 64;
/** Rounds that are not counted. */
const WARM_UP_ROUNDS = 4;
const MODES: readonly Mode[] = values.smoke
  ? ['psk-cid', 'ecdsa', 'bare', 'records-cid']
  : ['psk', 'psk-cid', 'ecdsa', 'ecdsa-cid', 'bare', 'records', 'records-cid'];
const credentials = newCredentials();

function countOf(mode: Mode): number {
  if (!isHandshake(mode)) return values.smoke ? 64 : 8_000;
  return values.smoke ? 8 : mode.startsWith('psk') ? 1_000 : 400;
}

/** A server and its load, each a process of its own. */
class Measurement {
  readonly mode: Mode;
  /** Microseconds of the server's processor time for each handshake or echo, and of its primitives alone, by round. */
  readonly micros: number[] = [];
  readonly floors: number[] = [];
  readonly #server: Child<ServerMessage>;
  readonly #load = new Child<LoadMessage>('./dtls/load.ts');

  constructor(mode: Mode) {
    this.mode = mode;
    const folder = values['cpu-prof'];
    this.#server = new Child(
      './dtls/server.ts',
      folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`],
    );
  }

  async open(): Promise<void> {
    const order: Order = { mode: this.mode, credentials, size: SIZE };
    this.#server.say(order);
    const { port } = await this.#serverSays('listening');
    this.#load.say({ ...order, port, concurrency: 64 } satisfies LoadOrder);
    await this.#loadIs('ready');
    // The compiler of V8 is done with what runs ten times in a handshake after some thousands of them.
    for (let round = 0; round < (values.smoke ? 0 : WARM_UP_ROUNDS); round += 1) await this.round(false);
  }

  async round(counts: boolean): Promise<void> {
    const count = countOf(this.mode);
    const before = await this.#cpu();
    this.#load.say(count);
    await this.#loadIs('done');
    const micros = ((await this.#cpu()) - before) / count;
    this.#server.say({ floorMs: values.smoke ? 1 : 40 });
    const floor = await this.#serverSays('floor');
    if (!counts) return;
    this.micros.push(micros);
    this.floors.push(floor.micros);
  }

  async close(): Promise<void> {
    await Promise.all([this.#load.end(), this.#server.end()]);
  }

  async #cpu(): Promise<number> {
    this.#server.say('cpu');
    return (await this.#serverSays('cpu')).micros;
  }

  async #serverSays<Kind extends ServerMessage['kind']>(kind: Kind): Promise<Extract<ServerMessage, { kind: Kind }>> {
    const message = await this.#server.hear();
    if (message.kind !== kind) throw new Error(`the server says ${message.kind} instead of ${kind}`);
    return message as Extract<ServerMessage, { kind: Kind }>;
  }

  async #loadIs(kind: LoadMessage['kind']): Promise<void> {
    const message = await this.#load.hear();
    if (message.kind === 'failed') throw new Error(`the load generator failed: ${message.reason}`);
    if (message.kind !== kind) throw new Error(`the load generator is ${message.kind} instead of ${kind}`);
  }
}

const measurements = MODES.filter((mode) => mode.includes(values.only ?? '')).map((mode) => new Measurement(mode));
for (const measurement of measurements) await measurement.open();
for (let round = 0; round < rounds; round += 1) for (const measurement of measurements) await measurement.round(true);
for (const measurement of measurements) await measurement.close();

const bare = measurements.find(({ mode }) => mode === 'bare');
const rows = measurements.map(({ mode, micros, floors }) => {
  const share = median(floors.map((floor, round) => floor / (micros[round] ?? NaN)));
  const toEcho = median(micros.map((value, round) => value / (bare?.micros[round] ?? NaN)));
  return {
    mode,
    micros: median(micros),
    floor: median(floors),
    share: isHandshake(mode) ? share : undefined,
    toEcho: isHandshake(mode) ? undefined : toEcho,
  };
});
const head = ['what', 'µs', 'µs of its primitives', 'primitives ÷ all', '÷ bare echo with ciphers'];
const cells = rows.map(({ mode, micros, floor, share, toEcho }) => [
  mode,
  micros.toFixed(1),
  floor.toFixed(1),
  share === undefined ? '' : `${(100 * share).toFixed(0)} %`,
  toEcho === undefined || Number.isNaN(toEcho) ? '' : toEcho.toFixed(2),
]);
process.stdout.write(`${markdownTable([head, ...cells])}\n\n`);
const count = values.smoke ? 50 : 50_000;
const memory = 'memory'.includes(values.only ?? '') ? await bytesPerAssociation(count) : undefined;
if (memory !== undefined) {
  process.stdout.write(`One idle association with a Connection ID, of ${count}: ${memory.toFixed(0)} bytes\n`);
}
process.stdout.write(`${JSON.stringify({ node: process.version, rounds, rows, memory })}\n`);
