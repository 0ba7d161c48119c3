import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

/** A UDP port of 127.0.0.1 where every request is answered 4.00. */
export class RefusingServer {
  readonly #socket = createSocket('udp4');
  #requests = 0;
  #closed = false;
  #onRequest: (() => void) | undefined;

  static async start(): Promise<RefusingServer> {
    const server = new RefusingServer();
    const socket = server.#socket;
    onTestFinished(() => server.close());
    socket.on('message', (message, { address, port }) => {
      const tokenLength = (message[0] ?? 0) & 0x0f;
      // RFC 7252 §3: an Acknowledgement, 4.00, with the Message ID and the token of the request.
      const answer = Buffer.concat([Buffer.from([0x60 | tokenLength, 0x80]), message.subarray(2, 4 + tokenLength)]);
      socket.send(answer, port, address);
      server.#requests += 1;
      server.#onRequest?.();
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return server;
  }

  get uri(): string {
    return `coap://127.0.0.1:${this.#socket.address().port}`;
  }

  /** Answers no more. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  /** Resolves when it has refused so many requests. */
  async refused(count: number): Promise<void> {
    while (this.#requests < count) {
      await new Promise<void>((resolve) => {
        this.#onRequest = resolve;
      });
    }
  }
}
