import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { Code } from '@flownexus/coap';
import {
  answerTo,
  emptyAcknowledgement,
  isAcknowledgement,
  isObserve,
  MESSAGE_ID_AT,
  notificationMessage,
  tokenOf,
  writeMessageId,
} from './messages.ts';
import type { NotificationMessage } from './messages.ts';

/** A device as cheap as node:dgram allows: a connected socket with one message outstanding (NSTART, RFC 7252 §4.7). It answers every GET. */
export class LoadDevice {
  /** What it sends to say that it is still there; undefined until it is registered. */
  update: Buffer | undefined;
  readonly #socket: Socket;
  readonly #port: number;
  #notification: NotificationMessage | undefined;
  #messageId = 0;
  #expectedCode = 0;
  #onReply: ((device: LoadDevice, reply: Buffer) => void) | undefined;

  private constructor(port: number, host: string | undefined) {
    this.#socket = createSocket('udp4');
    this.#port = port;
    if (host !== undefined) this.#socket.bind(0, host);
    this.#socket.on('message', this.#onMessage);
  }

  /** `host` is its own address, by default that of the server. */
  static async open(port: number, host?: string): Promise<LoadDevice> {
    const device = new LoadDevice(port, host);
    device.#socket.connect(device.#port, '127.0.0.1');
    await once(device.#socket, 'connect');
    return device;
  }

  close(): void {
    this.#socket.close();
  }

  /** Whether it can notify. */
  get observed(): boolean {
    return this.#notification !== undefined;
  }

  /** Sends a request of messages.ts, with the next Message ID. */
  request(bytes: Buffer, expectedCode: number, onReply: (device: LoadDevice, reply: Buffer) => void): void {
    this.#messageId = (this.#messageId + 1) & 0xffff;
    writeMessageId(bytes, this.#messageId);
    this.#send(bytes, expectedCode, onReply);
  }

  /** Sends a notification of what is observed. */
  notify(onReply: (device: LoadDevice, reply: Buffer) => void): void {
    if (this.#notification === undefined) throw new Error('a device is not observed');
    const { bytes, sequenceAt } = this.#notification;
    this.#messageId = (this.#messageId + 1) & 0xffff;
    bytes.writeUInt16BE(this.#messageId, MESSAGE_ID_AT);
    bytes.writeUInt16BE(this.#messageId, sequenceAt);
    this.#send(bytes, Code.EMPTY, onReply);
  }

  /** Sends the latest notification once more, as it was: nothing has come back. */
  repeatNotification(): void {
    if (this.#notification !== undefined) this.#socket.send(this.#notification.bytes);
  }

  #send(bytes: Buffer, expectedCode: number, onReply: (device: LoadDevice, reply: Buffer) => void): void {
    this.#expectedCode = expectedCode;
    this.#onReply = onReply;
    this.#socket.send(bytes);
  }

  readonly #onMessage = (message: Buffer): void => {
    const [, code] = message;
    if (code === Code.GET) {
      if (isObserve(message)) this.#notification = notificationMessage(tokenOf(message));
      this.#socket.send(answerTo(message));
      return;
    }
    const onReply = this.#onReply;
    if (onReply === undefined) return; // of a repeated message
    if (this.#isSeparate(message)) this.#socket.send(emptyAcknowledgement(message));
    else if (message.readUInt16BE(MESSAGE_ID_AT) !== this.#messageId) return;
    // The server is busy: the response comes separately (RFC 7252 §5.2.2).
    else if (code === Code.EMPTY && this.#expectedCode !== Code.EMPTY) return;
    if (code !== this.#expectedCode) throw new Error(`a reply has the code ${code ?? 'none'}`);
    this.#onReply = undefined;
    onReply(this, message);
  };

  /** A Confirmable response to the request whose token ends with the latest Message ID. */
  #isSeparate(message: Buffer): boolean {
    const token = tokenOf(message);
    if (isAcknowledgement(message) || token.length < 2 || this.#expectedCode === Code.EMPTY) return false;
    return token.readUInt16BE(token.length - 2) === this.#messageId;
  }
}
