import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decodeMessage } from '@flownexus/coap';
import { type DatagramTransport, udpTransport } from '@flownexus/datagram';
import { formatPath, ObjectRegistry, type ResourceRecord } from '@flownexus/lwm2m-core';
import { Lwm2mServer, type Notification, overTransport, type Registration } from '../../src/index.ts';
import { type LeshanClient, type LeshanClientOptions, leshanMissing, startLeshanClient } from './leshan-process.ts';

const missing = leshanMissing();
const suffix = missing === undefined ? '' : ` (skipped: ${missing})`;

const NAME = 'leshan-client';
/** The virtual machine needs a few seconds to start, and /3/0/13 is reported every 5 seconds. */
const WAIT_MS = 30_000;
const TEST_TIMEOUT_MS = 90_000;
const BLOCK2 = 23;

describe.skipIf(missing !== undefined)(
  `our server and the Leshan client${suffix}`,
  { timeout: TEST_TIMEOUT_MS },
  () => {
    let server: Lwm2mServer;
    let clients: LeshanClient[];
    let notifications: Notification[];
    let errors: unknown[];
    /** How many messages of the client had a block of a larger body. */
    let blocksReceived: number;

    beforeEach(async () => {
      clients = [];
      notifications = [];
      errors = [];
      blocksReceived = 0;
      server = new Lwm2mServer({
        endpoints: [overTransport(watchedTransport((datagram) => countBlock(datagram)))],
        objects: await ObjectRegistry.bundled(),
        observe: [{ path: '/3303/*/5700' }, { path: '/3304/*/5700' }],
        onError: (error) => errors.push(error),
      });
      server.on('notification', (notification) => {
        notifications.push(notification);
      });
      await server.start();
    });

    afterEach(async () => {
      await Promise.all(clients.map((client) => client.kill()));
      await server.stop();
    });

    function countBlock(datagram: Uint8Array): void {
      if (decodeMessage(datagram).options.some(({ number }) => number === BLOCK2)) blocksReceived += 1;
    }

    async function start(options: Partial<LeshanClientOptions> = {}): Promise<LeshanClient> {
      const serverPort = server.addresses[0]?.port ?? 0;
      const client = await startLeshanClient({ serverPort, endpointName: NAME, ...options });
      clients.push(client);
      return client;
    }

    /** Starts the client; resolves when it has registered. */
    async function registered(options?: Partial<LeshanClientOptions>): Promise<[LeshanClient, Registration]> {
      const registration = new Promise<Registration>((resolve) => server.once('registered', resolve));
      const client = await start(options);
      return [client, await soon('it to register', client, registration)];
    }

    /** Waits until a registration has so many notifications of a path; gives them in the order of their arrival. */
    async function notified(
      client: LeshanClient,
      { registrationId }: Registration,
      path: string,
      count: number,
    ): Promise<readonly Notification[]> {
      const found = (): Notification[] =>
        notifications.filter(
          (notification) =>
            notification.registration.registrationId === registrationId && formatPath(notification.path) === path,
        );
      const enough = new Promise<void>((resolve) => {
        const look = (): void => {
          if (found().length < count) return;
          server.off('notification', look);
          resolve();
        };
        server.on('notification', look); // after the listener that collects them
        look();
      });
      await soon(`${String(count)} values of ${path}`, client, enough);
      return found();
    }

    async function value(path: string): Promise<ResourceRecord['value'] | undefined> {
      const { records } = await server.device(NAME).read(path);
      return records[0]?.value;
    }

    test.each([
      ['Californium', []],
      ['java-coap', ['-jc']],
    ])('with %s it registers, is read, reports, updates and de-registers', async (_, args) => {
      const [client, registration] = await registered({ args });
      expect(registration).toMatchObject({ endpointName: NAME, lifetime: 300, lwm2mVersion: '1.1', queueMode: false });
      expect(registration.bindingMode).toContain('U');
      expect(registration.instances.get(3)).toEqual([0]);
      expect(registration.instances.get(3303)).toEqual([0]);
      expect(registration.contentFormats).toEqual(expect.arrayContaining([110, 112, 11542]));

      expect(await value('/3/0/0')).toBe('Leshan Demo Device');
      expect(await value('/3303/0/5701')).toBe('cel');
      // The same values in each format.
      for (const accept of [110, 112, 11542]) {
        const { contentFormat, records } = await server.device(NAME).read('/3/0', { accept });
        expect(contentFormat).toBe(accept);
        const texts = records.filter(({ path }) => path.resourceId !== undefined && path.resourceId <= 3);
        expect(texts.map((record) => record.value)).toEqual([
          'Leshan Demo Device',
          'Model 500',
          'LT-500-000-0001',
          '1.0.0',
        ]);
      }
      await expect(server.device(NAME).read('/3/0/99')).rejects.toMatchObject({ responseCode: '4.04' });

      const received = await notified(client, registration, '/3303/0/5700', 3);
      expect(received.map(({ initial }) => initial)).toEqual(received.map((__, index) => index === 0));
      expect(received.every(({ fresh }) => fresh)).toBe(true);
      const [lowest, highest] = [await value('/3303/0/5601'), await value('/3303/0/5602')];
      for (const { records } of received) {
        expect(records).toHaveLength(1);
        expect(records[0]).toMatchObject({ type: 'float' });
        expect(records[0]?.value).toBeGreaterThanOrEqual(Number(lowest));
        expect(records[0]?.value).toBeLessThanOrEqual(Number(highest));
      }

      const updated = new Promise<Registration>((resolve) => server.once('updated', resolve));
      client.command('update');
      expect(await soon('an Update', client, updated)).toMatchObject({ registrationId: registration.registrationId });

      const deregistered = new Promise<string>((resolve) =>
        server.once('deregistered', (__, reason) => resolve(reason)),
      );
      await client.terminate();
      expect(await soon('it to de-register', client, deregistered)).toBe('deregistered');
      expect(server.registration(NAME)).toBeUndefined();
      expect(server.statistics).toMatchObject({ observations: 0, undecodable: 0, refusals: 0 });
      expect(errors).toEqual([]);
    });

    test('an Object that comes with an Update is observed', async () => {
      const [client, registration] = await registered();
      const updated = new Promise<Registration>((resolve) => {
        server.on('updated', (now) => {
          if (now.instances.has(3304)) resolve(now);
        });
      });
      // Before it knows that it is registered it would not tell.
      await soon('it to be registered', client, client.said('Registered with location'));
      client.command('create 3304');
      expect((await soon('an Update', client, updated)).instances.get(3304)).toEqual([0]);
      const [first] = await notified(client, registration, '/3304/0/5700', 1);
      expect(first).toMatchObject({ initial: true });
      expect(first?.records[0]?.type).toBe('float');
    });

    test('answers and notifications come in blocks', async () => {
      const [client] = await registered({ blockSize: 64 });
      const { records } = await server.device(NAME).read('/3/0', { accept: 110 });
      expect(records.length).toBeGreaterThan(10);
      expect(records[0]?.value).toBe('Leshan Demo Device');
      expect(blocksReceived).toBeGreaterThan(5);

      blocksReceived = 0;
      const observation = server.device(NAME).observe('/3/0', { accept: 110 });
      const times: number[] = [];
      const listen = async (): Promise<void> => {
        for await (const { records: values } of observation) {
          expect(values).toHaveLength(records.length);
          times.push(Number(values.find(({ path }) => path.resourceId === 13)?.value));
          if (times.length === 3) return;
        }
      };
      await soon('three values of /3/0', client, listen());
      // Seconds: the first two may be in the same.
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(times.at(-1)).toBeGreaterThan(times[0] ?? Infinity);
      expect(blocksReceived).toBeGreaterThan(15);
      expect(errors).toEqual([]);
    });

    test('a client that was killed registers anew and is observed again', async () => {
      const [first, before] = await registered();
      await notified(first, before, '/3303/0/5700', 2);
      await first.kill();
      const replaced = new Promise<[Registration, string]>((resolve) => {
        server.once('deregistered', (registration, reason) => resolve([registration, reason]));
      });
      const [second, after] = await registered();
      expect(await replaced).toMatchObject([{ registrationId: before.registrationId }, 'replaced']);
      expect(after.registrationId).not.toBe(before.registrationId);
      const received = await notified(second, after, '/3303/0/5700', 3);
      expect(received.map(({ initial }) => initial)).toEqual(received.map((__, index) => index === 0));
      expect(server.statistics).toMatchObject({ registrations: 1, observations: 1 });
    });
  },
);

/** A UDP transport that shows what it receives. */
function watchedTransport(onReceived: (datagram: Uint8Array) => void): DatagramTransport {
  const transport = udpTransport({ host: '127.0.0.1', port: 0 });
  const open = transport.open.bind(transport);
  transport.open = (handler) =>
    open({
      onDatagram(peer, datagram) {
        onReceived(datagram);
        handler.onDatagram(peer, datagram);
      },
      onPeerClosed(peer, reason) {
        handler.onPeerClosed(peer, reason);
      },
    });
  return transport;
}

/** What was awaited; rejects when the client ends before, or when it takes too long. */
async function soon<T>(what: string, client: LeshanClient, awaited: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`waited in vain for ${what}; the Leshan client said: ${client.output()}`));
    }, WAIT_MS);
  });
  try {
    return await Promise.race([awaited, client.died, late]);
  } finally {
    clearTimeout(timer);
  }
}
