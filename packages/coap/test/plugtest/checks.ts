import { expect } from 'vitest';
import {
  blockOption,
  type CoapMessage,
  Code,
  codeClass,
  formatCode,
  isRequest,
  isResponse,
  MessageType,
  OptionNumber,
  stringOptions,
  uintOption,
} from '../../src/index.ts';
import type { Deviation } from './environment.ts';
import type { PlugtestReply } from './plugtest-client.ts';
import type { Wire, WireEntry } from './wire.ts';

const { CON, NON, ACK, RST } = MessageType;

export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
export const bytes = (value: string): Uint8Array => Buffer.from(value);

/** The code of a reply as the descriptions write it. */
export function codeOf(reply: { readonly code: number }): string {
  return formatCode(reply.code);
}

/** The messages of one side, without what is repeated because something got lost. */
export function messagesOf(wire: Wire, from: WireEntry['from']): CoapMessage[] {
  const seen = new Set<string>();
  const messages: CoapMessage[] = [];
  for (const entry of wire.entries) {
    const key = Buffer.from(entry.bytes).toString('hex');
    if (entry.from !== from || seen.has(key)) continue;
    seen.add(key);
    messages.push(entry.message);
  }
  return messages;
}

export const isEmptyAck = ({ type, code }: CoapMessage): boolean => type === ACK && code === Code.EMPTY;
export const isReset = ({ type }: CoapMessage): boolean => type === RST;

export interface WireExchange {
  readonly request: CoapMessage;
  readonly response: CoapMessage;
}

/** The requests on the wire with their responses, in order. Both have the same token. */
export function exchangesOn(wire: Wire): WireExchange[] {
  const responses = messagesOf(wire, 'server').filter(({ code }) => isResponse(code));
  const taken = new Set<CoapMessage>();
  return messagesOf(wire, 'client')
    .filter(({ code }) => isRequest(code))
    .map((request) => {
      const open = responses.filter((each) => !taken.has(each) && Buffer.compare(each.token, request.token) === 0);
      // A notification may have the token of a later request: that which cancels the observation.
      const response =
        open.find(({ type, messageId }) => type === ACK && messageId === request.messageId) ??
        open.find(({ type }) => type !== ACK);
      if (response === undefined) throw new Error(`no response on the wire to ${describe(request)}`);
      taken.add(response);
      return { request, response };
    });
}

/** The one exchange on the wire. */
export function exchangeOn(wire: Wire): WireExchange {
  const exchanges = exchangesOn(wire);
  expect(exchanges).toHaveLength(1);
  return exchanges[0]!;
}

/** Type, code, path and query of a request. */
export function describe(message: CoapMessage): string {
  const type = Object.entries(MessageType).find(([, value]) => value === message.type)?.[0] ?? '?';
  const path = stringOptions(message.options, OptionNumber.URI_PATH).map((segment) => `/${segment}`);
  const query = stringOptions(message.options, OptionNumber.URI_QUERY);
  const rest = `${path.join('')}${query.length === 0 ? '' : `?${query.join('&')}`}`;
  return `${type} ${formatCode(message.code)}${rest === '' ? '' : ` ${rest}`}`;
}

/** What went over the wire, a line for each message. */
export function transcript(wire: Wire): string {
  const lines = wire.entries.map(({ from, message, lost }) => {
    const options = message.options.map(({ number, value }) => `${number}:${Buffer.from(value).toString('hex')}`);
    const token = Buffer.from(message.token).toString('hex');
    return `${from}${lost ? ' (lost)' : ''} ${describe(message)} #${message.messageId} ${token} [${options.join(' ')}]`;
  });
  return lines.join('\n');
}

/** A request and its piggybacked response: same Message ID, same token (RFC 7252 §5.2.1). */
export function expectPiggybacked({ request, response }: WireExchange): void {
  expect(request.type).toBe(CON);
  expect(response.type).toBe(ACK);
  expect(response.messageId).toBe(request.messageId);
}

/** A request and a response that are both Non-confirmable (RFC 7252 §5.2.3). */
export function expectNonConfirmable({ request, response }: WireExchange, deviations: readonly Deviation[]): void {
  expect(request.type).toBe(NON);
  expect(deviations.includes('answers-non-with-con') ? [NON, CON] : [NON]).toContain(response.type);
}

/** The response has a Content-Format when it has a payload. That of an error is for people (RFC 7252 §5.5.2). */
export function expectFormatted(message: CoapMessage, deviations: readonly Deviation[]): void {
  if (deviations.includes('omits-content-format')) return;
  if (message.payload.length === 0 || codeClass(message.code) > 2) return;
  expect(
    uintOption(message.options, OptionNumber.CONTENT_FORMAT),
    `Content-Format of ${describe(message)}`,
  ).toBeDefined();
}

/** The client shows the 2.05 that was on the wire. */
export function expectContent(
  reply: PlugtestReply,
  { response }: WireExchange,
  deviations: readonly Deviation[],
): void {
  expect(codeOf(reply)).toBe('2.05');
  expect(codeOf(response)).toBe('2.05');
  expect(response.payload.length).toBeGreaterThan(0);
  expect(text(reply.payload)).toBe(text(response.payload));
  expectFormatted(response, deviations);
}

/** `num/more/size` of a block option, as the figures of RFC 7959 write it. */
export function blockText(message: CoapMessage, number: number): string | undefined {
  const block = blockOption(message.options, number);
  return block && `${block.num}/${Number(block.more)}/${16 << block.szx}`;
}
