// Sends requests to a server and waits for the replies, as cheaply as node:dgram allows: a process of its own, the same for
// every server. Each peer is a connected socket with one request outstanding (NSTART, RFC 7252 §4.7).
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { MESSAGE_ID_AT, requestTemplate, TOKEN_AT } from './messages.ts';
import { answerParent } from './parent.ts';
import type { LoadMessage, LoadOrder } from './protocol.ts';

const STALL_MS = 5000;
const CODE_AT = 1;

/** One peer of the server: asks, and asks again when the reply is there. */
class LoadPeer {
  readonly #socket: Socket;
  readonly #bytes: Buffer;
  readonly #expectedCode: number;
  readonly #onReply: (peer: LoadPeer) => void;
  #sequence = 0;

  constructor(socket: Socket, order: LoadOrder, index: number, onReply: (peer: LoadPeer) => void) {
    this.#socket = socket;
    this.#bytes = Buffer.from(requestTemplate(order.kind));
    // The upper half of the token tells peers apart, the lower half is the Message ID.
    this.#bytes.writeUInt16BE(index, TOKEN_AT);
    this.#expectedCode = order.expectedCode;
    this.#onReply = onReply;
    socket.on('message', this.#onMessage);
  }

  send(): void {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#bytes.writeUInt16BE(this.#sequence, MESSAGE_ID_AT);
    this.#bytes.writeUInt16BE(this.#sequence, TOKEN_AT + 2);
    this.#socket.send(this.#bytes);
  }

  readonly #onMessage = (reply: Buffer): void => {
    if (reply[CODE_AT] !== this.#expectedCode) throw new Error(`a reply has the code ${reply[CODE_AT] ?? 'none'}`);
    if (reply.readUInt32BE(TOKEN_AT) !== this.#bytes.readUInt32BE(TOKEN_AT))
      throw new Error('a reply has another token');
    this.#onReply(this);
  };
}

/** Sends `count` requests in all, one outstanding per peer, and resolves when the last reply is there. */
class Load {
  readonly #peers: LoadPeer[] = [];
  #unsent = 0;
  #unanswered = 0;
  #finish: (() => void) | undefined;

  static async open(order: LoadOrder): Promise<Load> {
    const load = new Load();
    for (let index = 0; index < order.peers; index += 1) {
      const socket = createSocket('udp4');
      socket.connect(order.port, '127.0.0.1');
      await once(socket, 'connect');
      load.#peers.push(new LoadPeer(socket, order, index, load.#onReply));
    }
    return load;
  }

  async run(count: number): Promise<number> {
    this.#unsent = count;
    this.#unanswered = count;
    const startedMs = performance.now();
    const finished = new Promise<void>((resolve) => {
      this.#finish = resolve;
    });
    for (const peer of this.#peers) this.#sendNext(peer);
    let before = this.#unanswered;
    const watch = setInterval(() => {
      if (this.#unanswered === before) throw new Error(`${before} replies are missing and none comes`);
      before = this.#unanswered;
    }, STALL_MS);
    await finished;
    clearInterval(watch);
    return performance.now() - startedMs;
  }

  #sendNext(peer: LoadPeer): void {
    if (this.#unsent === 0) return;
    this.#unsent -= 1;
    peer.send();
  }

  readonly #onReply = (peer: LoadPeer): void => {
    this.#unanswered -= 1;
    if (this.#unanswered === 0) this.#finish?.();
    else this.#sendNext(peer);
  };
}

const tell: (message: LoadMessage) => void = answerParent();
const [order] = (await once(process, 'message')) as [LoadOrder];
const load = await Load.open(order);
process.on('message', (count: number) => {
  void load.run(count).then((elapsedMs) => tell({ kind: 'done', elapsedMs }));
});
tell({ kind: 'ready' });
