import type { PeerIdentity } from '@flownexus/datagram';
import type { BootstrapOptions, BootstrapSession, BootstrapSessionStep } from '../api/bootstrap.ts';
import type { ErrorReporter } from '../events.ts';
import { guarded } from '../maybe-promise.ts';
import type { BootstrapConfiguration } from './bootstrap-configuration.ts';
import { exchangeStep, type BootstrapExchangeContext, type BootstrapTarget } from './bootstrap-exchange.ts';
import { checkBootstrapConfiguration, checkEncodable } from './check-configuration.ts';
import {
  formatOfWrites,
  newSession,
  step,
  type SessionCommand,
  type SessionInput,
  type SessionState,
} from './session-state.ts';

/** What a session begins with. */
export interface SessionStart extends BootstrapTarget {
  readonly endpointName: string;
  readonly configuration: BootstrapConfiguration;
  /** Greater than that of all requests that came before. */
  readonly order: number;
  /** What the device prefers (`pct`). */
  readonly contentFormat: number | undefined;
}

export interface RunningSessionContext extends BootstrapExchangeContext {
  readonly stepTimeoutMs: number;
  readonly onInconsistent: BootstrapOptions['onInconsistent'];
  readonly reportError: ErrorReporter;
  /** A request is over. */
  readonly progressed: (session: BootstrapSession) => void;
}

/** One bootstrap session: does what {@link step} says. */
export class RunningSession {
  readonly id: string;
  readonly endpointName: string;
  readonly #start: SessionStart;
  readonly #context: RunningSessionContext;
  readonly #startedAt: number;
  readonly #ended = new AbortController();
  readonly #steps: BootstrapSessionStep[] = [];
  #state: SessionState;

  constructor(id: string, start: SessionStart, context: RunningSessionContext) {
    this.id = id;
    this.endpointName = start.endpointName;
    this.#start = start;
    this.#context = context;
    this.#startedAt = context.clock.wallTime();
    this.#state = newSession(start.configuration, start.contentFormat, this.identity.kind === 'anonymous');
  }

  get order(): number {
    return this.#start.order;
  }

  /** What the device has proven. */
  get identity(): PeerIdentity {
    return this.#start.peer.identity;
  }

  /** What has been done until now. */
  snapshot(reason?: string): BootstrapSession {
    const { peer, endpointName } = this.#start;
    return {
      id: this.id,
      endpointName,
      address: { host: peer.host, port: peer.port },
      identity: this.identity,
      startedAt: this.#startedAt,
      steps: [...this.#steps],
      ...(reason === undefined ? {} : { reason }),
    };
  }

  /** Ends it with a reason, whatever is under way; `run` resolves then. */
  end(reason: string): void {
    this.#ended.abort(reason);
  }

  /** Does everything. Resolves to why it failed, to undefined when it has not. Never rejects. */
  async run(): Promise<string | undefined> {
    for (let input: SessionInput = { kind: 'begin' }; ;) {
      const { state, command } = step(this.#state, this.#endOr(input));
      this.#state = state;
      if (command.kind === 'finished') return undefined;
      if (command.kind === 'failed') return command.reason;
      input = await (command.kind === 'send' ? this.#send(command) : this.#correct());
    }
  }

  /** What came while it was being ended does not count any more. */
  #endOr(input: SessionInput): SessionInput {
    const { signal } = this.#ended;
    return signal.aborted ? { kind: 'ended', reason: String(signal.reason) } : input;
  }

  async #send(command: Extract<SessionCommand, { kind: 'send' }>): Promise<SessionInput> {
    const options = { signal: this.#ended.signal, timeoutMs: this.#context.stepTimeoutMs };
    const { log, input } = await exchangeStep(this.#start, command.step, command.contentFormat, this.#context, options);
    this.#steps.push(log);
    // Whoever was told that it has ended hears no more of it.
    if (!this.#ended.signal.aborted) this.#context.progressed(this.snapshot());
    return input;
  }

  /** Asks the application, as long as the session may take. */
  async #correct(): Promise<SessionInput> {
    const { onInconsistent, reportError, objects } = this.#context;
    if (onInconsistent === undefined) return { kind: 'corrected', configuration: undefined };
    const { promise: ended, resolve } = Promise.withResolvers<SessionInput>();
    const end = (): void => resolve({ kind: 'unanswered', reason: 'the session ended' });
    this.#ended.signal.addEventListener('abort', end, { once: true });
    const asked = async (): Promise<SessionInput> => {
      const configuration = await onInconsistent(this.snapshot());
      if (configuration !== undefined) {
        checkBootstrapConfiguration(configuration);
        checkEncodable(configuration, formatOfWrites(configuration, this.#state.contentFormat), objects);
      }
      return { kind: 'corrected', configuration };
    };
    const correction = guarded(asked, (error): SessionInput => {
      reportError(error, `onInconsistent failed for ${this.endpointName}`);
      return { kind: 'ended', reason: 'the application could not say what to do about the inconsistent configuration' };
    });
    return Promise.race([correction, ended]).finally(() => this.#ended.signal.removeEventListener('abort', end));
  }
}
