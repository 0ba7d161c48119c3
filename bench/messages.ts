import { buildOptions, Code, ContentFormat, encodeMessage, MessageType } from '@flownexus/coap';

/** The 40 bytes that a GET gets and a POST carries. */
export const VALUE: Uint8Array = new TextEncoder().encode('{"temperature":21.50,"unit":"Cel","n":1}');

export type RequestKind = 'get' | 'post';

const TOKEN_LENGTH = 4;
export const MESSAGE_ID_AT = 2;
export const TOKEN_AT = 4;

/** A Confirmable request for /bench/value. Message ID and token are zeros, to be written over. */
export function requestTemplate(kind: RequestKind): Uint8Array {
  const post = kind === 'post';
  return encodeMessage({
    type: MessageType.CON,
    code: post ? Code.POST : Code.GET,
    messageId: 0,
    token: new Uint8Array(TOKEN_LENGTH),
    options: buildOptions({ path: ['bench', 'value'], contentFormat: post ? ContentFormat.TEXT_PLAIN : undefined }),
    payload: post ? VALUE : new Uint8Array(0),
  });
}
