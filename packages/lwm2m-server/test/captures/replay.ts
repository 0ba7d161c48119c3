import { Code, MessageType, OptionNumber, stringOptions, uintOption, type CoapMessage } from '@flownexus/coap';
import {
  ContentFormat,
  decodeChanges,
  decodePathList,
  formatLinkFormat,
  formatPath,
  type ResourceRecord,
  type ResourceValue,
} from '@flownexus/lwm2m-core';
import { expect } from 'vitest';
import {
  OperationRejectedError,
  type DeviceObservation,
  type Operation,
  type OperationResult,
} from '../../src/index.ts';
import { inWords, Stage, type ScriptedDevice } from '../scripted-device.ts';
import { capturedBytes, type Capture, type Step } from './capture.ts';
import { withIds, withRegistrationId } from './splice.ts';

/** Values by path; with the device's own time where it sent one. */
export type Values = Readonly<Record<string, ResourceValue | { readonly value: ResourceValue; readonly time: number }>>;

/** What a step came to: values, the code that the device refused with, or `timeout`. */
export type Outcome = Values | string;

/**
 * Plays the device of a capture against a server of ours, byte for byte: only Message IDs, tokens and the registration ID
 * are exchanged for those that our server chose.
 */
export class Replay {
  readonly stage: Stage;
  /** By the number of the datagram that began the step. */
  readonly outcomes: Map<number, Outcome> = new Map();
  readonly #device: ScriptedDevice;
  readonly #observations = new Map<string, { token: Uint8Array; observation: DeviceObservation; cancelled: boolean }>();
  readonly #notified: Values[] = [];
  readonly #sent: Values[] = [];
  #endpointName = '';
  #location: readonly string[] = [];

  private constructor(stage: Stage) {
    this.stage = stage;
    this.#device = stage.device();
    stage.server.on('registered', ({ endpointName }) => (this.#endpointName = endpointName));
    stage.server.on('notification', ({ records, initial }) => {
      if (!initial) this.#notified.push(valuesOf(records));
    });
    stage.server.on('send', ({ records }) => this.#sent.push(valuesOf(records)));
  }

  static async of(capture: Capture): Promise<Replay> {
    const replay = new Replay(await Stage.start());
    for (const step of capture.steps) await replay.#play(step);
    return replay;
  }

  async #play(step: Step): Promise<void> {
    const { clock } = this.stage;
    await clock.advanceAsync(Math.max(0, step.atMs - clock.now()));
    switch (step.kind) {
      case 'request':
        return this.#request(step, step.answer);
      case 'send':
        return this.#send(step, step.answer);
      case 'read':
        return this.#read(step, step.path, step.answer);
      case 'observe':
        return this.#observe(step, step.path, step.answer);
      case 'observeComposite':
        return this.#observe(step, step.path, step.answer);
      case 'cancel':
        return this.#cancel(step, step.path, step.answer);
      case 'operation':
        return this.#operation(step, step.operation, step.answer);
      case 'notification':
        return this.#notification(step, step.path, step.acknowledged);
    }
  }

  /** The device's own bytes; in an Update the location is the one that our server gave. */
  async #request({ number, message }: Step, captured: CoapMessage): Promise<void> {
    const [resource, id] = stringOptions(message.options, OptionNumber.URI_PATH);
    const bytes = capturedBytes(message);
    this.#device.sendBytes(id === undefined ? bytes : withRegistrationId(bytes, this.#location[1] ?? ''));
    const answer = await this.#device.one();
    expect(resource).toBe('rd');
    expect({ ...answer, options: [] }, `the answer to #${number}`).toEqual({ ...captured, options: [] });
    if (answer.code === Code.CREATED) this.#location = stringOptions(answer.options, OptionNumber.LOCATION_PATH);
    expect(this.#location).toHaveLength(2);
  }

  /** The device's own bytes, and the values that they came to. */
  async #send({ number, message }: Step, captured: CoapMessage): Promise<void> {
    this.#device.sendBytes(capturedBytes(message));
    expect(await this.#device.one(), `the answer to #${number}`).toEqual(captured);
    expect(this.#sent).toHaveLength(1);
    this.outcomes.set(number, this.#sent.pop() ?? {});
  }

  async #read(step: Step, path: string, captured: CoapMessage | undefined): Promise<void> {
    const read = this.stage.server.device(this.#endpointName).read(path, { accept: acceptOf(step) });
    const outcome = read.then(({ records }) => valuesOf(records), refusalOf);
    await this.#answer(step, captured);
    if (captured === undefined) await this.stage.clock.runUntil(outcome, 200_000);
    await this.#device.ignore(); // retransmissions, where there was no answer
    this.outcomes.set(step.number, await outcome);
  }

  async #operation(step: Step, operation: Operation, captured: CoapMessage | undefined): Promise<void> {
    // The server of the captures gave up sooner than RFC 7252 does.
    const bounds = captured === undefined ? { timeoutMs: 12_000 } : {};
    const performed = this.stage.server.device(this.#endpointName).perform(operation, bounds);
    const outcome = performed.then(outcomeOf, refusalOf);
    await this.#answer(step, captured);
    if (captured === undefined) await this.stage.clock.runUntil(outcome, 20_000);
    await this.#device.ignore(); // retransmissions, where there was no answer
    this.outcomes.set(step.number, await outcome);
  }

  async #observe(step: Step, path: string, captured: CoapMessage | undefined): Promise<void> {
    const device = this.stage.server.device(this.#endpointName);
    const accept = acceptOf(step);
    const contentFormat = uintOption(step.message.options, OptionNumber.CONTENT_FORMAT);
    const observation =
      contentFormat === undefined
        ? device.observe(path, { accept })
        : device.observeComposite(path.split(' '), { accept, contentFormat });
    const token = await this.#answer(step, captured);
    await this.stage.settle();
    const first = await observation.established.catch(refusalOf);
    if (typeof first !== 'string') expect(first.initial).toBe(true);
    this.outcomes.set(step.number, typeof first === 'string' ? first : valuesOf(first.records));
    this.#observations.set(path, { token, observation, cancelled: false });
  }

  async #cancel(step: Step, path: string, captured: CoapMessage | undefined): Promise<void> {
    const held = this.#observations.get(path);
    if (held === undefined) throw new Error(`#${step.number} cancels what is not observed`);
    const cancelled = held.observation.cancel();
    await this.#answer(step, captured);
    await cancelled;
    held.cancelled = true;
    this.outcomes.set(step.number, 'cancelled');
  }

  async #notification({ number, message }: Step, path: string, acknowledged: boolean): Promise<void> {
    const held = this.#observations.get(path);
    if (held === undefined) throw new Error(`#${number} notifies what is not observed`);
    this.#device.sendBytes(withIds(capturedBytes(message), message.messageId, held.token));
    const answers = (await this.#device.received()).map((answer) => [inWords(answer), answer.messageId]);
    if (held.cancelled) {
      // In the capture the cancellation had another token than the observation, so that the device went on.
      expect(answers).toEqual([['RST empty', message.messageId]]);
      this.outcomes.set(number, 'reset');
      return;
    }
    expect(acknowledged).toBe(message.type === MessageType.CON);
    expect(answers, `the answer to #${number}`).toEqual(acknowledged ? [['ACK empty', message.messageId]] : []);
    const values = this.#notified.splice(0);
    expect(values).toHaveLength(1);
    this.outcomes.set(number, values[0] ?? {});
  }

  /** Checks that we ask as the capture's server did, and answers as its device did. Returns our token. */
  async #answer({ number, message }: Step, captured: CoapMessage | undefined): Promise<Uint8Array> {
    const request = await this.#device.one();
    expect(wholeRequest(request), `our request for #${number}`).toEqual(wholeRequest(message));
    if (captured !== undefined) {
      this.#device.sendBytes(withIds(capturedBytes(captured), request.messageId, request.token));
      await this.stage.settle();
    }
    return request.token;
  }
}

function acceptOf({ message }: Step): number | null {
  return uintOption(message.options, OptionNumber.ACCEPT) ?? null;
}

/** All that a request says. */
function wholeRequest(message: CoapMessage): unknown {
  const { code, options, payload } = message;
  const contentFormat = uintOption(options, OptionNumber.CONTENT_FORMAT);
  const isExecute = code === Code.POST && (contentFormat ?? ContentFormat.TEXT) === ContentFormat.TEXT;
  return {
    words: inWords(message),
    query: stringOptions(options, OptionNumber.URI_QUERY),
    // The server of the captures sent the arguments of an Execute without a Content-Format.
    contentFormat: isExecute ? undefined : contentFormat,
    // SenML has many forms for the same: it began names without a slash, and had whole names in place of base names.
    payload:
      code === Code.FETCH
        ? decodePathList(payload, contentFormat ?? 0)
        : code === Code.IPATCH
          ? decodeChanges(payload, contentFormat ?? 0)
          : Buffer.from(payload).toString('hex'),
  };
}

function outcomeOf({ responseCode, records, links }: OperationResult): Outcome {
  if (links !== undefined) return formatLinkFormat(links);
  return records === undefined ? responseCode : valuesOf(records);
}

function valuesOf(records: readonly ResourceRecord[]): Values {
  return Object.fromEntries(
    records.map(({ path, value, time }) => [formatPath(path), time === undefined ? value : { value, time }]),
  );
}

function refusalOf(error: unknown): string {
  if (error instanceof OperationRejectedError) return error.responseCode;
  if (error instanceof Error && 'code' in error) return String(error.code);
  throw error;
}
