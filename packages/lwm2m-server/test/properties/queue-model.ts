import { VirtualClock } from '@flownexus/datagram/testing';
import type { Operation } from '../../src/downlink/operation.ts';
import { MemoryOperationStore } from '../../src/queue/memory-operation-store.ts';
import { isFinished } from '../../src/queue/operation-state.ts';
import type { QueuedOperation } from '../../src/queue/operation-store.ts';
import type { QueueOptions } from '../../src/queue/queue-api.ts';
import { DownlinkStage, type SentOperation } from '../queue/downlink-stage.ts';
import { FlakyStore } from '../queue/flaky-store.ts';

/** What happened to one operation, seen from outside of the queue. */
interface Observed {
  readonly id: string;
  sends: number;
  /** What the device answered to the latest attempt; undefined: nothing, as far as the server knows. */
  answer: string | undefined;
  cancelled: boolean;
  terminal: QueuedOperation | undefined;
}

/**
 * A queue on a store that fails and is slow, on servers that crash, with devices that answer or do not. It throws as soon as the queue does what it
 * promised not to do.
 */
export class QueueModel {
  readonly clock: VirtualClock = new VirtualClock();
  readonly kept: MemoryOperationStore = new MemoryOperationStore({ maxFinished: 1_000_000 });
  readonly observed: Map<string, Observed> = new Map();
  /** IDs by the path of the operation, which is its own. */
  readonly ids: string[] = [];
  stage: DownlinkStage;
  store: FlakyStore;
  #nextPath = 0;
  #seed = 1;
  #broken: unknown;

  constructor() {
    ({ stage: this.stage, store: this.store } = this.#newServer());
  }

  async start(): Promise<void> {
    await this.stage.queue.load();
    this.stage.queue.start();
    await this.settle();
  }

  /** Adds an operation. It may wait for the store longer than this does. */
  add(endpointName: string, kind: 'read' | 'execute', options: QueueOptions): void {
    const path = `/3/0/${this.#nextPath++}`;
    const operation: Operation = { kind, path };
    const { stage } = this;
    stage.queue.add(endpointName, operation, options).then(
      ({ id, state }) => {
        check(
          state === 'QUEUED' && this.kept.get(id) !== undefined,
          `${id} was queued, and the store does not have it`,
        );
        this.ids.push(id);
      },
      () => undefined, // not queued, and the caller knows
    );
  }

  cancel(index: number): void {
    const id = this.ids[index % Math.max(1, this.ids.length)];
    if (id === undefined) return;
    this.stage.queue.cancel(id).then(
      (cancelled) => {
        if (!cancelled) return;
        this.#of(id).cancelled = true;
        const reason = this.kept.get(id)?.failure?.reason;
        this.#note(() => check(reason === 'cancelled', `${id} was cancelled, and the store does not know`));
      },
      () => undefined,
    );
  }

  /** Lets the device answer something to one of the operations that it has got. */
  answer(index: number, responseCode: string): void {
    const open = this.stage.sent.filter(({ settled }) => !settled);
    const sent = open[index % Math.max(1, open.length)];
    if (sent === undefined) return;
    this.#of(this.#idOf(sent)).answer = responseCode;
    if (responseCode.startsWith('2.')) sent.answer({ responseCode });
    else sent.refuse(responseCode);
  }

  /** The process dies, and another begins on what the store has. */
  async crash(): Promise<void> {
    this.store.dead = true;
    this.stage.timers.clear();
    const { endpoints } = this.stage;
    ({ stage: this.stage, store: this.store } = this.#newServer());
    await this.start();
    // What the registrations of a store would be, heard for the first time.
    for (const name of endpoints.keys()) this.stage.register(name);
    await this.settle();
  }

  async settle(): Promise<void> {
    await this.stage.settle();
    this.#checkBroken();
  }

  async advance(ms: number): Promise<void> {
    await this.stage.advance(ms);
    this.#checkBroken();
  }

  /** All is well again, and each device answers: at the end no operation is left. */
  async finish(names: readonly string[]): Promise<void> {
    this.store.failing = undefined;
    this.store.held?.splice(0).forEach((go) => go());
    this.store.held = undefined;
    await this.advance(10_000);
    for (let round = 0; round < 400 && this.stage.queue.size > 0; round += 1) {
      for (const name of names) this.stage.register(name);
      await this.settle();
      while (this.stage.open().length > 0) {
        this.answer(0, '2.04');
        await this.settle();
      }
      await this.advance(1_000);
    }
    check(this.stage.queue.size === 0, 'operations are left that nothing holds up');
    const lost = [...this.kept.load()];
    check(lost.length === 0, `operations are lost: ${lost.map(({ id, state }) => `${id} ${state}`).join(', ')}`);
    for (const id of this.ids) this.#checkEnd(id);
  }

  #newServer(): { readonly stage: DownlinkStage; readonly store: FlakyStore } {
    const store = new FlakyStore(this.kept);
    const onSent = (sent: SentOperation): void => this.#note(() => this.#checkSent(sent));
    const onChange = (operation: QueuedOperation): void => this.#note(() => this.#checkEvent(operation));
    return { store, stage: new DownlinkStage({ clock: this.clock, store, seed: this.#seed++, onSent, onChange }) };
  }

  #of(id: string): Observed {
    const known = this.observed.get(id);
    if (known !== undefined) return known;
    const observed = { id, sends: 0, answer: undefined, cancelled: false, terminal: undefined };
    this.observed.set(id, observed);
    return observed;
  }

  #idOf(sent: SentOperation): string {
    return this.#keptOf(sent).id;
  }

  #keptOf({ path, endpoint }: SentOperation): QueuedOperation {
    const found = this.kept
      .list(endpoint.endpointName, 100_000)
      .find(({ operation }) => 'path' in operation && operation.path === path);
    if (found === undefined) throw new Error(`${path} was sent, and the store does not know it`);
    return found;
  }

  /** Keeps what a check throws: the queue would take it for a failure of its own. */
  #note(checks: () => void): void {
    try {
      checks();
    } catch (error) {
      this.#broken ??= error;
    }
  }

  #checkBroken(): void {
    if (this.#broken !== undefined) throw this.#broken instanceof Error ? this.#broken : new Error('broken');
  }

  #checkSent(sent: SentOperation): void {
    const open = this.stage.sent.filter(({ settled }) => !settled).map(({ endpoint }) => endpoint.endpointName);
    check(new Set(open).size === open.length, 'two operations are sent to one endpoint at a time');
    const operation = this.#keptOf(sent);
    const { id, maxAttempts, repeatable, attempts, sequence, endpointName } = operation;
    const observed = this.#of(id);
    const before = observed.answer;
    observed.sends += 1;
    observed.answer = undefined;
    check(
      attempts >= observed.sends && attempts <= maxAttempts,
      `${id} was sent ${observed.sends} times of ${maxAttempts}`,
    );
    check(!observed.cancelled, `${id} was sent after it was cancelled`);
    check(observed.terminal === undefined, `${id} was sent after it was finished`);
    check(repeatable || observed.sends === 1 || before !== undefined, `${id} was repeated, its outcome unknown`);
    const earlier = this.kept
      .list(endpointName, 100_000)
      .filter((each) => each.sequence < sequence && !isFinished(each));
    check(earlier.length === 0, `${id} was sent before ${earlier.map((each) => each.id).join(', ')}`);
  }

  #checkEvent(operation: QueuedOperation): void {
    const { id, state, failure, result } = operation;
    const observed = this.#of(id);
    check(observed.terminal === undefined, `${id} was ${state} after it was finished`);
    if (!isFinished(operation)) return;
    observed.terminal = operation;
    check(this.kept.get(id) === operation, `${id} was told as ${state}, and the store has something else`);
    if (state === 'CONFIRMED') {
      check(observed.answer?.startsWith('2.') === true, `${id} was confirmed by ${observed.answer ?? 'nothing'}`);
      check(result?.responseCode === observed.answer, `${id} has another result`);
    }
    if (failure?.reason === 'rejected') check(failure.responseCode === observed.answer, `${id} was refused otherwise`);
  }

  #checkEnd(id: string): void {
    const operation = this.kept.get(id);
    if (operation === undefined) throw new Error(`${id} is lost`);
    check(isFinished(operation), `${id} is not finished`);
    const { sequence, key, endpointName, failure } = operation;
    if (failure?.reason !== 'replaced') return;
    const later = this.kept.list(endpointName, 100_000).some((each) => each.key === key && each.sequence > sequence);
    check(later, `${id} was replaced by nothing`);
  }
}

function check(holds: boolean, promise: string): void {
  if (!holds) throw new Error(promise);
}
