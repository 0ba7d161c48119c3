import {
  Code,
  codeClass,
  decodeUint,
  formatCode,
  MessageType,
  optionDefinition,
  OptionNumber,
  stringOptions,
  type CoapMessage,
  type CoapOption,
} from '@flownexus/coap';
import type { TraceEvent } from '@flownexus/lwm2m-server';
import { limits } from '../limits.ts';

/** One CoAP message as a Leshan server logs it. */
export interface CoapLogJson {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** From the device. */
  readonly incoming: boolean;
  readonly type: string;
  /** The method, or the response code such as `2.05`; absent for an empty message. */
  readonly code?: string;
  readonly mId: number;
  readonly token: string;
  readonly options: string;
  /** Text, or bytes as `Hex:0a0b`; cut where it is long. */
  readonly payload?: string;
  readonly ep: string;
}

const TYPE_NAMES: readonly string[] = (Object.keys(MessageType) as (keyof typeof MessageType)[]).sort(
  (a, b) => MessageType[a] - MessageType[b],
);
const METHODS: Readonly<Record<number, string>> = {
  [Code.GET]: 'GET',
  [Code.POST]: 'POST',
  [Code.PUT]: 'PUT',
  [Code.DELETE]: 'DELETE',
  [Code.FETCH]: 'FETCH',
  [Code.PATCH]: 'PATCH',
  [Code.IPATCH]: 'IPATCH',
};

/** The log of a message; undefined for what is no CoAP. */
export function coapLogJson(endpointName: string, event: TraceEvent): CoapLogJson | undefined {
  const { message, direction, atMs } = event;
  if (message === undefined) return undefined;
  const { type, code, messageId, token, options } = message;
  const payload = hasSecrets(event, message) ? undefined : payloadText(message.payload);
  return {
    timestamp: atMs,
    incoming: direction === 'in',
    type: TYPE_NAMES[type] ?? '',
    ...(code === Code.EMPTY ? {} : { code: METHODS[code] ?? formatCode(code) }),
    mId: messageId,
    token: hex(token),
    options: optionsText(options),
    ...(payload === undefined ? {} : { payload }),
    ep: endpointName,
  };
}

/**
 * Whether keys may be in the payload of a message to a device: what is written to the Security Object or the OSCORE Object, and the packs and
 * certificates that devices fetch.
 */
function hasSecrets({ direction }: TraceEvent, { code, options }: CoapMessage): boolean {
  if (direction === 'in') return false;
  if (codeClass(code) === 2) return true;
  // Neither a root path nor the prefix of a device behind a gateway is a number.
  const objectId = stringOptions(options, OptionNumber.URI_PATH).find((segment) => /^\d+$/.test(segment));
  return objectId === '0' || objectId === '21';
}

/** Such as `Uri-Path: "rd" - Uri-Query: "ep=dev", "lt=60"`. */
function optionsText(options: readonly CoapOption[]): string {
  const byName = new Map<string, string[]>();
  for (const option of options) {
    const name = optionDefinition(option.number)?.name ?? `Unknown (${String(option.number)})`;
    byName.set(name, [...(byName.get(name) ?? []), valueText(option)]);
  }
  return Array.from(byName, ([name, values]) => `${name}: ${values.join(', ')}`).join(' - ');
}

function valueText({ number, value }: CoapOption): string {
  switch (optionDefinition(number)?.format) {
    case 'string':
      return JSON.stringify(lenient.decode(value));
    case 'uint':
      // What a device sends may be longer than any integer of an option.
      return value.length <= 4 ? String(decodeUint(value)) : `0x${hex(value)}`;
    default:
      return `0x${hex(value)}`;
  }
}

function payloadText(payload: Uint8Array): string | undefined {
  if (payload.length === 0) return undefined;
  const shown = payload.subarray(0, limits.leshanLoggedPayloadBytes);
  const cut = shown.length < payload.length ? '…' : '';
  const text = lenient.decode(shown);
  // The last character may have been cut in two.
  const isText = !/[^\P{Cc}\t\r\n]|\uFFFD./su.test(cut === '' ? `${text} ` : text);
  return `${isText ? text : `Hex:${hex(shown)}`}${cut}`;
}

const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
