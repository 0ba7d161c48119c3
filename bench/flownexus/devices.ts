// The devices, a process of its own: each has a socket and one Confirmable notification outstanding.
import { once } from 'node:events';
import { Code } from '@flownexus/coap';
import { LoadDevice } from '../lwm2m/load-device.ts';
import { registerMessage, writeName } from '../lwm2m/messages.ts';
import { answerParent } from '../parent.ts';
import { Latencies } from './latencies.ts';
import type { DevicesMessage, DevicesOrder, DevicesTask } from './orders.ts';

/** One sensor: what of it is observed is one Resource. */
const OBJECTS = '</>;rt="oma.lwm2m";ct="60 110 112",</1/0>,</3/0>,</3303/0>';
/** Registers that are under way at a time. */
const WINDOW = 50;
/** A notification that nobody has acknowledged for so long is sent again, as devices do (ACK_TIMEOUT, RFC 7252 §4.8), in milliseconds. */
const REPEAT_MS = 2_500;

async function open(order: DevicesOrder): Promise<LoadDevice[]> {
  const devices: LoadDevice[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < order.devices) {
      const registration = registerMessage(OBJECTS);
      writeName(registration, next++);
      const device = await LoadDevice.open(order.port);
      await new Promise((resolve) => device.request(registration.bytes, Code.CREATED, resolve));
      while (!device.observed) await new Promise((resolve) => setTimeout(resolve, 10));
      devices.push(device);
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, worker));
  return devices;
}

async function run(devices: readonly LoadDevice[], { perSecond, seconds }: DevicesTask): Promise<DevicesMessage> {
  const latencies = new Latencies();
  const idle = [...devices];
  /** When each that waits for an acknowledgement sent last; the one that waits longest is first. */
  const waiting = new Map<LoadDevice, number>();
  let [sent, acknowledged, repeated, taken] = [0, 0, 0, 0];
  const send = (device: LoadDevice): void => {
    const sentAt = performance.now();
    waiting.set(device, sentAt);
    device.notify(() => {
      latencies.add(performance.now() - sentAt);
      waiting.delete(device);
      acknowledged += 1;
      idle.push(device);
    });
  };
  const start = performance.now();
  const end = start + seconds * 1000;
  for (let now = start; now < end || waiting.size > 0; now = performance.now()) {
    const due = (Math.min(now - start, seconds * 1000) / 1000) * perSecond;
    // The one that has waited longest is next. When none is idle the pace is not kept, and the result says so.
    for (; sent < due && taken < idle.length; sent += 1) {
      const device = idle[taken++];
      if (device !== undefined) send(device);
    }
    idle.splice(0, taken);
    taken = 0;
    for (const [device, at] of waiting) {
      if (now - at < REPEAT_MS) break;
      repeated += 1;
      waiting.delete(device);
      waiting.set(device, now);
      device.repeatNotification();
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return {
    kind: 'done',
    acknowledged,
    repeated,
    elapsedMs: performance.now() - start,
    p50Ms: latencies.percentile(50),
    p99Ms: latencies.percentile(99),
  };
}

const tell: (message: DevicesMessage) => void = answerParent();
const [order] = (await once(process, 'message')) as [DevicesOrder];
const devices = await open(order);
process.on('message', (task: DevicesTask) => {
  void run(devices, task).then(tell);
});
tell({ kind: 'ready' });
