// Devices that pull one file, all at a time, each block by block: a process of its own. They look at the code and the Message ID of an answer and at its
// length, and keep nothing.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { answerParent } from '../parent.ts';
import { BLOCK_SIZE, blockRequest, type PullMessage, type PullOrder } from './pull.ts';

/** Of a loopback whose buffers are full. */
const RETRANSMIT_MS = 1_000;
const MAX_RETRANSMISSIONS = 20;
/** 2.05. */
const CONTENT = 69;

class PullingDevice {
  readonly #socket: Socket;
  readonly #blocks: number;
  readonly #done = Promise.withResolvers<undefined>();
  #num = 0;
  #messageId = 0;
  #silences = 0;
  retransmissions = 0;
  #sentAtMs = 0;

  constructor(socket: Socket, blocks: number) {
    this.#socket = socket;
    this.#blocks = blocks;
    socket.on('message', this.#onMessage);
  }

  pull(): Promise<undefined> {
    this.#send();
    return this.#done.promise;
  }

  /** Sends again what has had no answer for a while. */
  remind(nowMs: number): void {
    if (this.#num >= this.#blocks || nowMs - this.#sentAtMs < RETRANSMIT_MS) return;
    this.#silences += 1;
    this.retransmissions += 1;
    if (this.#silences > MAX_RETRANSMISSIONS) this.#done.reject(new Error('the server does not answer'));
    else this.#send();
  }

  #send(): void {
    this.#sentAtMs = performance.now();
    this.#socket.send(blockRequest(this.#messageId, this.#num));
  }

  readonly #onMessage = (answer: Buffer): void => {
    if (answer.readUInt16BE(2) !== this.#messageId) return; // of a request that was sent again
    if (answer[1] !== CONTENT || answer.length < BLOCK_SIZE) {
      this.#done.reject(new Error(`an answer has the code ${answer[1] ?? 'none'} and ${answer.length} bytes`));
      return;
    }
    this.#silences = 0;
    this.#num += 1;
    this.#messageId = (this.#messageId + 1) & 0xffff;
    if (this.#num === this.#blocks) this.#done.resolve(undefined);
    else this.#send();
  };
}

async function open({ port, devices, size }: PullOrder): Promise<PullingDevice[]> {
  const opened: PullingDevice[] = [];
  for (let index = 0; index < devices; index += 1) {
    const socket = createSocket('udp4');
    socket.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    opened.push(new PullingDevice(socket, size / BLOCK_SIZE));
  }
  return opened;
}

const tell: (message: PullMessage) => void = answerParent();
const [order] = (await once(process, 'message')) as [PullOrder];
const devices = await open(order);
const reminder = setInterval(() => {
  for (const device of devices) device.remind(performance.now());
}, RETRANSMIT_MS / 4);
const startedMs = performance.now();
await Promise.all(devices.map((device) => device.pull()));
clearInterval(reminder);
const retransmissions = devices.reduce((sum, device) => sum + device.retransmissions, 0);
tell({ kind: 'pulled', elapsedMs: performance.now() - startedMs, retransmissions });
