// The devices, a process of their own, the same for every server.
import { once } from 'node:events';
import { Code } from '@flownexus/coap';
import { answerParent } from '../parent.ts';
import { LoadDevice } from './load-device.ts';
import {
  deregisterMessage,
  distinctList,
  PASSING,
  registerMessage,
  registrationIdOf,
  STAYING,
  updateMessage,
  writeName,
  type RegisterMessage,
} from './messages.ts';
import type { LoadMessage, LoadOrder, LoadTask } from './orders.ts';

const STALL_MS = 5000;

type OnReply = (device: LoadDevice) => void;

/** Devices that take turns: the one that has waited longest is next. */
class Turns {
  readonly #ring: LoadDevice[];
  #next = 0;
  #last = 0;

  constructor(devices: readonly LoadDevice[]) {
    this.#ring = [...devices];
  }

  next(): LoadDevice {
    const device = this.#ring[this.#next];
    if (device === undefined) throw new Error('there are no devices');
    this.#next = (this.#next + 1) % this.#ring.length;
    return device;
  }

  putBack(device: LoadDevice): void {
    this.#ring[this.#last] = device;
    this.#last = (this.#last + 1) % this.#ring.length;
  }
}

class Load {
  readonly #port: number;
  readonly #window: number;
  /** They stay registered, and are observed. */
  readonly #staying: Turns;
  /** They register under a new name each time. */
  readonly #passing: Turns;
  readonly #registrations: ReadonlyMap<LoadDevice, RegisterMessage>;
  #names: number;
  /** The 2.01s of those that have not been taken back. */
  #created: Buffer[] = [];

  private constructor(order: LoadOrder, staying: readonly LoadDevice[], passing: readonly LoadDevice[]) {
    this.#port = order.port;
    this.#window = order.window;
    this.#staying = new Turns(staying);
    this.#passing = new Turns(passing);
    this.#registrations = new Map(passing.map((device) => [device, registerMessage(PASSING)]));
    this.#names = order.devices;
  }

  static async open(order: LoadOrder): Promise<Load> {
    const staying: LoadDevice[] = [];
    const registration = registerMessage(STAYING);
    for (let index = 0; index < order.devices; index += 1) {
      const device = await LoadDevice.open(order.port);
      writeName(registration, index);
      const created = await new Promise<Buffer>((resolve) => {
        device.request(registration.bytes, Code.CREATED, (_, reply) => resolve(reply));
      });
      device.update = updateMessage(registrationIdOf(created));
      staying.push(device);
    }
    const passing: LoadDevice[] = [];
    for (let index = 0; index < order.window; index += 1) passing.push(await LoadDevice.open(order.port));
    return new Load(order, staying, passing);
  }

  /** Milliseconds until the last reply is there. */
  async run({ kind, count }: LoadTask): Promise<number> {
    if (kind === 'register') return this.#send(count, this.#passing, this.#register);
    if (kind === 'update') return this.#send(count, this.#staying, this.#update);
    if (kind === 'notify') return this.#send(count, this.#staying, this.#notify);
    if (kind === 'populate') return this.#populate(count, () => PASSING);
    if (kind === 'populate-distinct') return this.#populate(count, distinctList);
    const elapsed = await this.#send(this.#created.length, this.#passing, this.#deregister);
    this.#created = [];
    return elapsed;
  }

  async #populate(count: number, listOf: (name: number) => string): Promise<number> {
    const startedMs = performance.now();
    let left = count;
    const worker = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const name = this.#names++;
        const device = await LoadDevice.open(
          this.#port,
          `127.${1 + (name >> 16)}.${(name >> 8) & 0xff}.${name & 0xff}`,
        );
        const registration = registerMessage(listOf(name), true);
        writeName(registration, name);
        await new Promise((resolve) => device.request(registration.bytes, Code.CREATED, resolve));
        device.close();
      }
    };
    await Promise.all(Array.from({ length: this.#window }, worker));
    return performance.now() - startedMs;
  }

  readonly #register = (device: LoadDevice, onReply: OnReply): void => {
    const registration = this.#registrations.get(device);
    if (registration === undefined) throw new Error('a device that stays does not register again');
    writeName(registration, this.#names++);
    device.request(registration.bytes, Code.CREATED, (_, reply) => {
      this.#created.push(reply);
      onReply(device);
    });
  };

  readonly #update = (device: LoadDevice, onReply: OnReply): void => {
    if (device.update === undefined) throw new Error('a device is not registered');
    device.request(device.update, Code.CHANGED, onReply);
  };

  readonly #notify = (device: LoadDevice, onReply: OnReply): void => {
    device.notify(onReply);
  };

  readonly #deregister = (device: LoadDevice, onReply: OnReply): void => {
    const created = this.#created.pop();
    if (created === undefined) throw new Error('nobody is left to be taken back');
    device.request(deregisterMessage(registrationIdOf(created)), Code.DELETED, onReply);
  };

  /** Sends `count` messages, a window of them under way at a time. */
  async #send(count: number, turns: Turns, send: (device: LoadDevice, onReply: OnReply) => void): Promise<number> {
    let [unsent, unanswered] = [count, count];
    const startedMs = performance.now();
    await new Promise<void>((resolve) => {
      let before = unanswered;
      const watch = setInterval(() => {
        if (unanswered === before) throw new Error(`${before} replies are missing and none comes`);
        before = unanswered;
      }, STALL_MS);
      const sendNext = (): void => {
        if (unsent === 0) return;
        unsent -= 1;
        send(turns.next(), onReply);
      };
      const onReply = (device: LoadDevice): void => {
        turns.putBack(device);
        unanswered -= 1;
        if (unanswered > 0) sendNext();
        else {
          clearInterval(watch);
          resolve();
        }
      };
      for (let sent = 0; sent < this.#window; sent += 1) sendNext();
    });
    return performance.now() - startedMs;
  }
}

const tell: (message: LoadMessage) => void = answerParent();
const [order] = (await once(process, 'message')) as [LoadOrder];
const load = await Load.open(order);
process.on('message', (task: LoadTask) => {
  void load.run(task).then((elapsedMs) => tell({ kind: 'done', elapsedMs }));
});
tell({ kind: 'ready' });
