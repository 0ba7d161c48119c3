import { formatCode, type CoapMessage, MessageType } from '../src/index.ts';

/** One message as the vector files write it. */
export interface VectorMessage {
  readonly type: string;
  readonly code: string;
  readonly mid: number;
  readonly token: string;
  readonly options: readonly (readonly [number: number, valueHex: string])[];
  readonly payload: string;
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** A decoded message in the words of the vector files. */
export function describeMessage(message: CoapMessage): VectorMessage {
  const type = Object.entries(MessageType).find(([, value]) => value === message.type);
  return {
    type: type?.[0] ?? 'unknown',
    code: formatCode(message.code),
    mid: message.messageId,
    token: toHex(message.token),
    options: message.options.map(({ number, value }) => [number, toHex(value)]),
    payload: toHex(message.payload),
  };
}
