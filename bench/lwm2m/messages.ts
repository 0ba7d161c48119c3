// The messages of the devices, encoded once: Message ID, token, name and sequence number are written over.
import { buildOptions, Code, decodeMessage, encodeMessage, MessageType, OptionNumber } from '@flownexus/coap';
import { ContentFormat, encodePayload } from '@flownexus/lwm2m-core';

/** Where the fields are that are written over. */
export const MESSAGE_ID_AT = 2;
const TOKEN_AT = 4;
const TOKEN_LENGTH = 4;

const NO_TOKEN = new Uint8Array(TOKEN_LENGTH);
const NO_BYTES = new Uint8Array(0);
const OBSERVED = '/3303/0/5700';

/** Seven links: what is observed is in the list of those that stay, and another Object in that of those that come and go. */
const OBJECT_LIST = '</>;rt="oma.lwm2m";ct="60 110 112",</1/0>,</3/0>,</4/0>,</5/0>,</6/0>';
export const STAYING = `${OBJECT_LIST},</3303/0>`;
export const PASSING = `${OBJECT_LIST},</3304/0>`;

/** Seven links that no other device has. */
export function distinctList(device: number): string {
  return OBJECT_LIST.replace('</6/0>', `</6/${device >> 15}>`) + `,</3304/${device & 0x7fff}>`;
}

/** A Register whose endpoint name ends in a number that {@link writeName} writes. */
export interface RegisterMessage {
  readonly bytes: Buffer;
  readonly digitsAt: number;
}

const DIGITS = '00000000';

/** `queueMode`: for what a server keeps of those that sleep. */
export function registerMessage(objectList: string, queueMode = false): RegisterMessage {
  const query = [`ep=urn:dev:bench-${DIGITS}`, 'lt=86400', 'lwm2m=1.1', 'b=U', ...(queueMode ? ['Q'] : [])];
  const options = buildOptions({ path: ['rd'], query, contentFormat: ContentFormat.LINK_FORMAT });
  const bytes = request(Code.POST, options, Buffer.from(objectList));
  return { bytes, digitsAt: bytes.indexOf(DIGITS) };
}

export function writeName({ bytes, digitsAt }: RegisterMessage, device: number): void {
  let left = device;
  for (let at = digitsAt + DIGITS.length - 1; at >= digitsAt; at -= 1) {
    bytes[at] = 0x30 + (left % 10);
    left = Math.floor(left / 10);
  }
}

/** The last segment of the Location of a 2.01. */
export function registrationIdOf(created: Buffer): string {
  const segments = decodeMessage(created).options.filter(({ number }) => number === OptionNumber.LOCATION_PATH);
  const id = segments[1]?.value;
  if (id === undefined) throw new Error('a 2.01 has no Location of two segments');
  return Buffer.from(id).toString();
}

/** An Update that says that nothing has changed. */
export function updateMessage(registrationId: string): Buffer {
  return request(Code.POST, buildOptions({ path: ['rd', registrationId] }), NO_BYTES);
}

export function deregisterMessage(registrationId: string): Buffer {
  return request(Code.DELETE, buildOptions({ path: ['rd', registrationId] }), NO_BYTES);
}

function request(code: number, options: ReturnType<typeof buildOptions>, payload: Uint8Array): Buffer {
  const message = { type: MessageType.CON, code, messageId: 0, token: NO_TOKEN, options, payload };
  return Buffer.from(encodeMessage(message));
}

/** Writes a Message ID, and a token that ends with it. */
export function writeMessageId(bytes: Buffer, messageId: number): void {
  bytes.writeUInt16BE(messageId, MESSAGE_ID_AT);
  bytes.writeUInt16BE(messageId, TOKEN_AT + TOKEN_LENGTH - 2);
}

/** A Confirmable notification, and where the two lower bytes of its sequence number are (RFC 7641 §3.4). */
export interface NotificationMessage {
  readonly bytes: Buffer;
  readonly sequenceAt: number;
}

const FIRST_SEQUENCE = 0x01_00_00; // three bytes long, as all that follow

export function notificationMessage(token: Uint8Array): NotificationMessage {
  const bytes = encodeMessage({
    type: MessageType.CON,
    code: Code.CONTENT,
    messageId: 0,
    token,
    options: buildOptions({ observe: FIRST_SEQUENCE, contentFormat: ContentFormat.SENML_CBOR }),
    payload: encodePayload(
      { kind: 'singleResource', id: 5700, type: 'float', value: 21.5 },
      ContentFormat.SENML_CBOR,
      OBSERVED,
    ),
  });
  // Observe is the first option: one byte of head, and one of the three above the lower two.
  return { bytes: Buffer.from(bytes), sequenceAt: TOKEN_AT + token.length + 2 };
}

const BATTERY_LEVEL = contentOf('/3/0/9', { kind: 'singleResource', id: 9, type: 'integer', value: 87 }, undefined);
const FIRST_VALUE = contentOf(OBSERVED, { kind: 'singleResource', id: 5700, type: 'float', value: 21.5 }, 1);

/** Options and payload of a 2.05. */
function contentOf(path: string, node: Parameters<typeof encodePayload>[0], observe: number | undefined): Uint8Array {
  const contentFormat = ContentFormat.SENML_CBOR;
  const payload = encodePayload(node, contentFormat, path);
  const options = buildOptions({ observe, contentFormat });
  const head = { type: MessageType.ACK, code: Code.CONTENT, messageId: 0, token: NO_BYTES };
  return encodeMessage({ ...head, options, payload }).subarray(TOKEN_AT);
}

/** Whether a GET observes. Neither server sends an option of a lower number. */
export function isObserve(get: Buffer): boolean {
  return (get[TOKEN_AT + tokenLengthOf(get)] ?? 0) >> 4 === OptionNumber.OBSERVE;
}

/** The piggybacked 2.05 for a GET. */
export function answerTo(get: Buffer): Buffer {
  const tokenLength = tokenLengthOf(get);
  const content = isObserve(get) ? FIRST_VALUE : BATTERY_LEVEL;
  const answer = Buffer.allocUnsafe(TOKEN_AT + tokenLength + content.length);
  get.copy(answer, 0, 0, TOKEN_AT + tokenLength);
  answer[0] = 0x40 | (MessageType.ACK << 4) | tokenLength;
  answer[1] = Code.CONTENT;
  answer.set(content, TOKEN_AT + tokenLength);
  return answer;
}

export function isAcknowledgement(message: Buffer): boolean {
  return (((message[0] ?? 0) >> 4) & 0x03) === MessageType.ACK;
}

/** The Empty ACK of a Confirmable message. */
export function emptyAcknowledgement(message: Buffer): Buffer {
  const [high = 0, low = 0] = message.subarray(MESSAGE_ID_AT);
  return Buffer.from([0x40 | (MessageType.ACK << 4), Code.EMPTY, high, low]);
}

export function tokenOf(message: Buffer): Buffer {
  return message.subarray(TOKEN_AT, TOKEN_AT + tokenLengthOf(message));
}

function tokenLengthOf(message: Buffer): number {
  return (message[0] ?? 0) & 0x0f;
}
