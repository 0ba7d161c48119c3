import type { BootstrapSession, BootstrapSessionStep, Lwm2mBootstrapServer, Refusal } from '@flownexus/lwm2m-server';
import { EventStreams, type StreamSource } from './event-streams.ts';

/** Of one that is refused for want of a configuration, the library says so. */
const NO_CONFIGURATION = 'no bootstrap configuration';

/** Bootstrap sessions, as the events of a Leshan bootstrap server. It is listened to while somebody looks. */
export class BootstrapSessionEvents implements StreamSource {
  readonly streams: EventStreams;
  readonly #server: Lwm2mBootstrapServer;

  constructor(server: Lwm2mBootstrapServer, backlogBytes: number | undefined) {
    this.#server = server;
    this.streams = new EventStreams(this, backlogBytes);
  }

  start(): void {
    this.#server
      .on('bootstrapStarted', this.#started)
      .on('bootstrapProgressed', this.#progressed)
      .on('bootstrapFinished', this.#finished)
      .on('bootstrapFailed', this.#failed)
      .on('refused', this.#refused);
  }

  stop(): void {
    this.#server
      .off('bootstrapStarted', this.#started)
      .off('bootstrapProgressed', this.#progressed)
      .off('bootstrapFinished', this.#finished)
      .off('bootstrapFailed', this.#failed)
      .off('refused', this.#refused);
  }

  readonly #started = ({ endpointName, address: { host, port } }: BootstrapSession): void => {
    this.#tell('new session', endpointName, `from ${host} port ${String(port)}`);
    this.#tell('authorized', endpointName);
  };

  /** A request and its answer are told of together, when the answer is there. */
  readonly #progressed = ({ endpointName, steps }: BootstrapSession): void => {
    const step = steps.at(-1);
    if (step === undefined) return;
    this.#tell(nameOf(step), endpointName, step.path);
    this.#tell(outcomeOf(step), endpointName, answerOf(step));
  };

  readonly #finished = ({ endpointName }: BootstrapSession): void => {
    this.#tell('finished', endpointName);
  };

  readonly #failed = ({ endpointName, reason = '' }: BootstrapSession): void => {
    this.#tell('failed', endpointName, reason);
  };

  readonly #refused = ({ operation, endpointName = '', reason }: Refusal): void => {
    if (operation !== 'bootstrap' && operation !== 'bootstrapPack') return;
    this.#tell('new session', endpointName);
    this.#tell(reason.includes(NO_CONFIGURATION) ? 'no config' : 'unauthorized', endpointName, reason);
  };

  #tell(name: string, endpointName: string, message = ''): void {
    const time = Date.now();
    this.streams.publish('BSSESSION', endpointName, () => ({ name, endpoint: endpointName, time, message }));
  }
}

function nameOf({ operation }: BootstrapSessionStep): string {
  return operation === 'read' || operation === 'finish' ? 'send request' : `send ${operation}`;
}

function outcomeOf({ responseCode }: BootstrapSessionStep): string {
  if (responseCode === undefined) return 'request failure';
  return responseCode.startsWith('2.') ? 'receive success response' : 'receive error response';
}

function answerOf({ path, responseCode, diagnostic }: BootstrapSessionStep): string {
  return [path, responseCode, diagnostic].filter((word) => word !== undefined).join(' ');
}
