import { Child } from '../child.ts';
import type { LoadMessage, LoadOrder, LoadTask, Operation } from './orders.ts';
import { ServerProcess } from './server-process.ts';
import type { Subject } from './servers.ts';

/** How much of everything. */
export interface Size {
  readonly devices: number;
  readonly window: number;
  /** Round trips of a slice, and slices of each operation before the first that counts. */
  readonly slice: number;
  readonly warmUp: number;
}

/** What one slice gave. */
export interface Sample {
  readonly perSecond: number;
  /** Processor time of the server for one round trip: user and system, all its threads. */
  readonly cpuMicros: number;
}

/** How long the listeners of a server may lag behind its answers. */
const LAG_MS = 2000;

/** Which of the numbers that a server counts an operation adds to. */
const COUNTED: Readonly<Partial<Record<Operation, number>>> = { register: 0, update: 1, notify: 2 };

/** A server and its devices, each a process of its own. */
export class Measurement {
  readonly subject: Subject;
  readonly #size: Size;
  readonly #server: ServerProcess;
  readonly #load: Child<LoadMessage>;

  private constructor(subject: Subject, size: Size, server: ServerProcess, load: Child<LoadMessage>) {
    this.subject = subject;
    this.#size = size;
    this.#server = server;
    this.#load = load;
  }

  /** With devices that are registered and observed. */
  static async open(subject: Subject, size: Size): Promise<Measurement> {
    const { server, port } = await ServerProcess.start(subject.command, subject.arguments);
    const measurement = new Measurement(subject, size, server, new Child<LoadMessage>('./lwm2m/load.ts'));
    const { devices, window } = size;
    measurement.#load.say({ port, devices, window } satisfies LoadOrder);
    await measurement.#loadIs('ready');
    await server.ask(`observe ${devices}`);
    return measurement;
  }

  /** Does an operation so many times. */
  async run(operation: Operation): Promise<Sample> {
    const { slice } = this.#size;
    const counted = COUNTED[operation];
    const heardBefore = await this.#heard(counted);
    const before = await this.#cpu();
    const elapsedMs = operation === 'read' ? await this.#read() : await this.#do({ kind: operation, count: slice });
    const cpuMicros = ((await this.#cpu()) - before) / slice;
    if (counted !== undefined) await this.#expect(counted, heardBefore + slice);
    if (operation === 'register') await this.#do({ kind: 'deregister', count: slice });
    return { perSecond: (slice / elapsedMs) * 1000, cpuMicros };
  }

  async close(): Promise<void> {
    await Promise.all([this.#load.end(), this.#server.end()]);
  }

  async #read(): Promise<number> {
    const startedMs = performance.now();
    await this.#server.ask(`read ${this.#size.slice} ${this.#size.window}`);
    return performance.now() - startedMs;
  }

  async #do(task: LoadTask): Promise<number> {
    this.#load.say(task);
    return (await this.#loadIs('done')).elapsedMs;
  }

  async #cpu(): Promise<number> {
    const [micros = NaN] = await this.#server.ask('cpu');
    return micros;
  }

  /** What the listeners of the server have heard so far of a kind. */
  async #heard(counted: number | undefined): Promise<number> {
    const counts = await this.#server.ask('counts');
    return counts[counted ?? 0] ?? NaN;
  }

  async #expect(counted: number, expected: number): Promise<void> {
    const startedMs = performance.now();
    for (;;) {
      const heard = await this.#heard(counted);
      if (heard === expected) return;
      if (performance.now() - startedMs > LAG_MS)
        throw new Error(`${this.subject.name} heard ${heard}, not ${expected}`);
    }
  }

  async #loadIs<Kind extends LoadMessage['kind']>(kind: Kind): Promise<Extract<LoadMessage, { readonly kind: Kind }>> {
    const message = await this.#load.hear();
    if (message.kind === 'failed') throw new Error(`the devices of ${this.subject.name} failed: ${message.reason}`);
    if (message.kind !== kind) throw new Error(`the devices are ${message.kind} instead of ${kind}`);
    return message as Extract<LoadMessage, { readonly kind: Kind }>;
  }
}
