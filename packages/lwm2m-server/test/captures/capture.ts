import { readdirSync, readFileSync } from 'node:fs';
import {
  Code,
  decodeMessage,
  findOption,
  isRequest,
  isResponse,
  OptionNumber,
  stringOptions,
  uintOption,
  type CoapMessage,
} from '@flownexus/coap';

/** One datagram of a capture. */
interface CapturedDatagram {
  readonly number: number;
  readonly atMs: number;
  readonly fromDevice: boolean;
  readonly message: CoapMessage;
}

/** What has to happen in a replay, in order. `number` is that of the datagram which begins it. */
export type Step = { readonly number: number; readonly atMs: number; readonly message: CoapMessage } & (
  | { readonly kind: 'request' | 'send'; readonly answer: CoapMessage }
  | { readonly kind: 'read' | 'observe' | 'cancel'; readonly path: string; readonly answer: CoapMessage | undefined }
  | { readonly kind: 'notification'; readonly path: string; readonly acknowledged: boolean }
  | { readonly kind: 'pending'; readonly what: string; readonly issue: string }
);

export interface Capture {
  readonly name: string;
  readonly steps: readonly Step[];
}

/** The datagram of each captured message. */
const datagramOf = new WeakMap<CoapMessage, Uint8Array>();

/** The bytes that a captured message came in. */
export function capturedBytes(message: CoapMessage): Uint8Array {
  const bytes = datagramOf.get(message);
  if (bytes === undefined) throw new TypeError('the message is not of a capture');
  return bytes;
}

const HEADER = /^# (\d+) \+([\d.]+)s UDP (\d+)->(\d+) len=(\d+) /;

/** All captures beside this file. */
export function captures(): readonly Capture[] {
  const folder = new URL('./', import.meta.url);
  const files = readdirSync(folder).filter((file) => file.endsWith('.txt'));
  return files.map((file) => ({
    name: file.slice(0, -4),
    steps: stepsOf(parseCapture(readFileSync(new URL(file, folder), 'utf8'))),
  }));
}

function parseCapture(text: string): readonly CapturedDatagram[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('##'));
  const datagrams: CapturedDatagram[] = [];
  let devicePort: string | undefined;
  for (let index = 0; index < lines.length; index += 2) {
    const header = HEADER.exec(lines[index] ?? '');
    const bytes = Uint8Array.from(Buffer.from(lines[index + 1] ?? '', 'hex'));
    if (header === null || bytes.length !== Number(header[5])) throw new Error(`line pair ${index} is malformed`);
    devicePort ??= header[3];
    const message = decodeMessage(bytes);
    datagramOf.set(message, bytes);
    datagrams.push({
      number: Number(header[1]),
      atMs: Math.round(Number(header[2]) * 1000),
      fromDevice: header[3] === devicePort,
      message,
    });
  }
  return datagrams;
}

function stepsOf(datagrams: readonly CapturedDatagram[]): readonly Step[] {
  const steps: Step[] = [];
  const answered = new Set<CoapMessage>();
  const observed = new Map<string, string>();
  const seen = new Set<number>();
  for (const { number, atMs, fromDevice, message } of datagrams) {
    const base = { number, atMs, message };
    if (isRequest(message.code)) {
      if (!fromDevice && seen.has(message.messageId)) continue; // a retransmission
      if (!fromDevice) seen.add(message.messageId);
      const answer = datagrams.find(
        (other) =>
          other.number > number &&
          other.fromDevice !== fromDevice &&
          isResponse(other.message.code) &&
          sameToken(other.message, message),
      )?.message;
      if (answer !== undefined) answered.add(answer);
      const step = fromDevice ? deviceRequest(base, answer) : serverRequest(base, answer);
      steps.push(step);
      if (step.kind === 'observe') observed.set(tokenOf(message), step.path);
    } else if (fromDevice && isResponse(message.code) && !answered.has(message)) {
      const path = observed.get(tokenOf(message));
      if (path === undefined) {
        steps.push({ ...base, kind: 'pending', what: 'composite notification', issue: 'composite operations' });
        continue;
      }
      const acknowledged = datagrams.some(
        (other) => !other.fromDevice && other.message.messageId === message.messageId,
      );
      steps.push({ ...base, kind: 'notification', path, acknowledged });
    }
  }
  return steps;
}

type Base = Pick<Step, 'number' | 'atMs' | 'message'>;

function deviceRequest(base: Base, answer: CoapMessage | undefined): Step {
  const path = stringOptions(base.message.options, OptionNumber.URI_PATH);
  if (answer === undefined) throw new Error(`#${base.number} has no answer`);
  return { ...base, kind: path[0] === 'dp' ? 'send' : 'request', answer };
}

function serverRequest(base: Base, answer: CoapMessage | undefined): Step {
  const { message } = base;
  const segments = stringOptions(message.options, OptionNumber.URI_PATH);
  const path = `/${segments.join('/')}`;
  const pending = (what: string, issue: string): Step => ({ ...base, kind: 'pending', what: `${what} ${path}`, issue });
  switch (message.code) {
    case Code.GET: {
      if (uintOption(message.options, OptionNumber.ACCEPT) === 40) return pending('Discover', 'Discover');
      const observe = uintOption(message.options, OptionNumber.OBSERVE);
      const kind = observe === undefined ? 'read' : observe === 0 ? 'observe' : 'cancel';
      return { ...base, kind, path, answer };
    }
    case Code.PUT:
      return findOption(message.options, OptionNumber.CONTENT_FORMAT) === undefined
        ? pending('Write-Attributes', 'Write-Attributes')
        : pending('Write', 'Write');
    case Code.POST:
      return segments.length === 1 ? pending('Create', 'Create and Delete') : pending('Execute', 'Execute');
    case Code.DELETE:
      return pending('Delete', 'Create and Delete');
    case Code.FETCH:
      return findOption(message.options, OptionNumber.OBSERVE) === undefined
        ? pending('Read-Composite', 'composite operations')
        : pending('Observe-Composite', 'composite operations');
    case Code.IPATCH:
      return pending('Write-Composite', 'composite operations');
    default:
      throw new Error(`#${base.number} has a method that no LwM2M server uses`);
  }
}

function sameToken(a: CoapMessage, b: CoapMessage): boolean {
  return Buffer.compare(a.token, b.token) === 0;
}

function tokenOf(message: CoapMessage): string {
  return Buffer.from(message.token).toString('hex');
}
