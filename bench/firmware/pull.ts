import { buildOptions, Code, encodeBlock, encodeMessage, MessageType, OptionNumber } from '@flownexus/coap';

/** The file that is pulled. */
export const FILE_NAME = 'image';

/** What devices are told: so many of them pull one file at a time. */
export interface PullOrder {
  readonly port: number;
  readonly devices: number;
  readonly size: number;
}

/** What they tell. */
export type PullMessage =
  | { readonly kind: 'pulled'; readonly elapsedMs: number; readonly retransmissions: number }
  | { readonly kind: 'failed'; readonly reason: string };

/** RFC 7959 §2.2: SZX 6 is 1024 bytes. */
const SZX = 6;
export const BLOCK_SIZE = 1_024;

/** A Confirmable GET of one block. */
export function blockRequest(messageId: number, num: number): Uint8Array {
  return encodeMessage({
    type: MessageType.CON,
    code: Code.GET,
    messageId,
    token: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    options: buildOptions({
      path: ['f', FILE_NAME],
      options: [{ number: OptionNumber.BLOCK2, value: encodeBlock({ num, more: false, szx: SZX }) }],
    }),
    payload: new Uint8Array(0),
  });
}
