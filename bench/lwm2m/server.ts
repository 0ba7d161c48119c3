// Our server over its public API, under the orders of orders.ts.
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { coap, Lwm2mServer } from '@flownexus/lwm2m-server';
import { usedBytes } from '../used-bytes.ts';
import { serveOrders } from './serve-orders.ts';

const OBSERVED = '/3303/*/5700';
const READ = '/3/0/9';

// For the memory of registrations alone: next to nothing that CoAP keeps of messages and silent peers.
const forgetsAtOnce = process.argv.includes('--forget-at-once');

let [registered, updated, notified, established] = [0, 0, 0, 0];
const server = new Lwm2mServer({
  endpoints: [coap({ host: '127.0.0.1', port: 0 })],
  objects: await ObjectRegistry.bundled(),
  observe: [{ path: OBSERVED }],
  ...(forgetsAtOnce ? { coapLimits: { peers: 100, deduplicationEntries: 100 } } : {}),
  onNotify: ({ records, initial }) => {
    if (typeof records[0]?.value !== 'number') throw new Error('a notification has no value');
    if (initial) established += 1;
  },
});
server.on('registered', () => (registered += 1));
server.on('updated', () => (updated += 1));
server.on('notification', ({ initial }) => {
  if (!initial) notified += 1;
});
await server.start();

async function observe(count: number): Promise<void> {
  while (established < count) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Reads one endpoint after the other. */
function read(count: number, window: number): Promise<void> {
  const names = [...server.registrations()]
    .filter(({ instances }) => instances.has(3303))
    .map(({ endpointName }) => endpointName);
  let [unsent, unanswered] = [count, count];
  return new Promise((resolve, reject) => {
    const sendNext = (): void => {
      if (unsent === 0) return;
      unsent -= 1;
      server
        .device(names[unsent % names.length] ?? '')
        .read(READ)
        .then(onAnswer, reject);
    };
    const onAnswer = (): void => {
      unanswered -= 1;
      if (unanswered === 0) resolve();
      else sendNext();
    };
    for (let sent = 0; sent < window; sent += 1) sendNext();
  });
}

async function answer(order: string): Promise<string> {
  const [word = '', first, second] = order.split(' ');
  switch (word) {
    case 'cpu': {
      const { user, system } = process.cpuUsage();
      return `cpu ${user + system}`;
    }
    case 'heap':
      return `heap ${await usedBytes()}`;
    case 'counts':
      return `counts ${registered} ${updated} ${notified}`;
    case 'observe':
      await observe(Number(first));
      return 'observe';
    case 'read':
      await read(Number(first), Number(second));
      return 'read';
    default:
      throw new Error(`there is no order ${word}`);
  }
}

await serveOrders(server.addresses, answer);
