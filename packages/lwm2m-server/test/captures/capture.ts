import { readdirSync, readFileSync } from 'node:fs';
import {
  Code,
  decodeMessage,
  isRequest,
  isResponse,
  OptionNumber,
  stringOptions,
  uintOption,
  type CoapMessage,
} from '@flownexus/coap';
import {
  ContentFormat,
  decodeChanges,
  decodePathList,
  decodePayload,
  formatPath,
  ObjectRegistry,
  parseAttributes,
  parseExecuteArguments,
} from '@flownexus/lwm2m-core';
import type { Operation } from '../../src/index.ts';

const objects = await ObjectRegistry.bundled();

/** One datagram of a capture. */
interface CapturedDatagram {
  readonly number: number;
  readonly atMs: number;
  readonly fromDevice: boolean;
  readonly message: CoapMessage;
}

/** What has to happen in a replay, in order. `number` is that of the datagram which begins it; paths of a composite have spaces between them. */
export type Step = { readonly number: number; readonly atMs: number; readonly message: CoapMessage } & (
  | { readonly kind: 'request' | 'send'; readonly answer: CoapMessage }
  | { readonly kind: 'read' | 'observe' | 'cancel'; readonly path: string; readonly answer: CoapMessage | undefined }
  | { readonly kind: 'observeComposite'; readonly path: string; readonly answer: CoapMessage | undefined }
  | { readonly kind: 'operation'; readonly operation: Operation; readonly answer: CoapMessage | undefined }
  | { readonly kind: 'notification'; readonly path: string; readonly acknowledged: boolean }
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
      if (isMalformed(message)) continue;
      const step = fromDevice ? deviceRequest(base, answer) : serverRequest(base, answer);
      steps.push(step);
      if (step.kind === 'observe' || step.kind === 'observeComposite') observed.set(tokenOf(message), step.path);
    } else if (fromDevice && isResponse(message.code) && !answered.has(message)) {
      const path = observed.get(tokenOf(message));
      if (path === undefined) throw new Error(`#${number} notifies what is not observed`);
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
  const observe = uintOption(message.options, OptionNumber.OBSERVE);
  if (message.code === Code.FETCH && observe !== undefined) {
    const paths = decodePathList(message.payload, uintOption(message.options, OptionNumber.CONTENT_FORMAT) ?? 0);
    return { ...base, kind: 'observeComposite', path: paths.map(formatPath).join(' '), answer };
  }
  if (message.code !== Code.GET || uintOption(message.options, OptionNumber.ACCEPT) === ContentFormat.LINK_FORMAT) {
    return { ...base, kind: 'operation', operation: operationOf(message, path), answer };
  }
  return { ...base, kind: observe === undefined ? 'read' : observe === 0 ? 'observe' : 'cancel', path, answer };
}

/** The operation that a request of a server is. */
function operationOf({ code, options, payload }: CoapMessage, path: string): Operation {
  const query = stringOptions(options, OptionNumber.URI_QUERY);
  const contentFormat = uintOption(options, OptionNumber.CONTENT_FORMAT);
  const accept = uintOption(options, OptionNumber.ACCEPT) ?? null;
  switch (code) {
    case Code.GET:
      return { kind: 'discover', path, ...(query.includes('depth=2') ? { depth: 2 } : {}) };
    case Code.PUT: {
      if (contentFormat === undefined) {
        return { kind: 'writeAttributes', path, attributes: parseAttributes(query) };
      }
      const { node } = decodePayload(payload, contentFormat, path, objects);
      return { kind: 'write', path, mode: 'replace', node, contentFormat };
    }
    case Code.POST: {
      if (contentFormat === undefined) return { kind: 'execute', path, arguments: parseExecuteArguments(payload) };
      // The Creates are no TLV: the length of the Object Instance is too small.
      return { kind: 'request', method: 'POST', path: path.slice(1).split('/'), contentFormat, payload };
    }
    case Code.DELETE:
      return { kind: 'delete', path };
    case Code.FETCH: {
      const paths = decodePathList(payload, contentFormat ?? 0).map(formatPath);
      return { kind: 'readComposite', paths, contentFormat: contentFormat ?? 0, accept };
    }
    case Code.IPATCH: {
      const changes = decodeChanges(payload, contentFormat ?? 0, objects);
      return { kind: 'writeComposite', changes, contentFormat: contentFormat ?? 0, accept };
    }
    default:
      throw new Error('a method that no LwM2M server uses');
  }
}

/** One Observe-Composite to Anjay says that its first path has a character more than it has. Anjay answered 4.00, and we ask for no such thing. */
function isMalformed({ payload }: CoapMessage): boolean {
  return Buffer.from(payload).toString('hex') === '82a10067332f302f3133a100662f332f302f39';
}

function sameToken(a: CoapMessage, b: CoapMessage): boolean {
  return Buffer.compare(a.token, b.token) === 0;
}

function tokenOf(message: CoapMessage): string {
  return Buffer.from(message.token).toString('hex');
}
