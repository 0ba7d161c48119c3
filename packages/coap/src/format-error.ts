import { CoapError } from './errors.ts';

/** What the message layer does about a message that it can't read (RFC 7252 §4.2, §4.3). */
export type FormatErrorReply = 'reset' | 'ignore';

/**
 * A message that breaks the format of RFC 7252 §3 and §4.1. The text names what was expected and found, never a value
 * of the message beyond its header.
 */
export class CoapFormatError extends CoapError {
  override readonly name: string = 'CoapFormatError';
  /** Where in the datagram, in bytes from its start. */
  readonly offset: number;
  /** `reset` for a Confirmable message, `ignore` for any other and for what isn't CoAP version 1. */
  readonly reply: FormatErrorReply;
  /** The Message ID to reset. Always there when `reply` is `reset`. */
  readonly messageId: number | undefined;

  constructor(message: string, offset: number, reply: FormatErrorReply, messageId: number | undefined) {
    super('ERR_COAP_FORMAT', `${message} (offset ${offset})`);
    this.offset = offset;
    this.reply = reply;
    this.messageId = messageId;
  }
}
