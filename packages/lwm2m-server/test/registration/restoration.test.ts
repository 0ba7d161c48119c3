import { expect, test } from 'vitest';
import { ANONYMOUS, TimerQueue, type PeerIdentity } from '@flownexus/datagram';
import { VirtualClock } from '@flownexus/datagram/testing';
import { RegistrationEnds } from '../../src/registration/registration-ends.ts';
import type { RegistrationStore } from '../../src/registration/registration-store.ts';
import { RegistrationTable } from '../../src/registration/registration-table.ts';
import type { Registration } from '../../src/registration/registration.ts';
import { Restoration } from '../../src/registration/restoration.ts';
import { Safekeeping } from '../../src/registration/safekeeping.ts';
import { SerialByKey } from '../../src/registration/serial-by-key.ts';
import { aCoapClient, aRegistration } from '../registrations.ts';

/** Restores registrations at a time of the wall clock. Returns what ended meanwhile, and what there is. */
function setUp(registrations: readonly Registration[], isStill: () => boolean | Promise<boolean> = () => true) {
  const clock = new VirtualClock();
  const timers = new TimerQueue({ clock });
  const table = new RegistrationTable(1000);
  const log: string[] = [];
  const store: RegistrationStore = {
    load: () =>
      registrations.map((registration) => ({ registration, peerKey: 'key', serverAddress: 'coap://192.0.2.1:5683' })),
    save: () => undefined,
    remove: () => undefined,
  };
  const reportError = (error: unknown): void => void log.push(String(error));
  const ends = new RegistrationEnds({
    table,
    serial: new SerialByKey(),
    safekeeping: new Safekeeping({ handlers: {}, store, addressOf: () => '', reportError }),
    observer: {
      registered: () => undefined,
      updated: () => undefined,
      ended: () => undefined,
      deregistered: ({ endpointName }, reason) => void log.push(`${endpointName} ${reason}`),
    },
    timers,
    gracePeriodMs: 1000,
    track: (work) => work,
  });
  const restoration = new Restoration({ store, table, ends, isStill, reportError, clock });
  return { clock, table, log, restoration };
}

test('a clock that was set back since lengthens no lifetime', async () => {
  const wallTime = new VirtualClock().wallTime();
  const { clock, restoration, log } = setUp([aRegistration('dev', { updatedAt: wallTime + 1e9, lifetime: 60 })]);
  await restoration.load();
  clock.advance(60_999);
  expect(log).toEqual([]);
  clock.advance(1);
  expect(log).toEqual(['dev expired']);
});

test('a store that has a name or an ID twice gives the first', async () => {
  const now = new VirtualClock().wallTime();
  const { restoration, table, log } = setUp([
    aRegistration('dev', { updatedAt: now, lifetime: 1 }),
    aRegistration('dev', { updatedAt: now, lifetime: 2, registrationId: 'other' }),
    aRegistration('other', { updatedAt: now, registrationId: 'id-dev' }),
  ]);
  await restoration.load();
  expect([...table.registrations()].map(({ endpointName, lifetime }) => `${endpointName} ${lifetime}`)).toEqual([
    'dev 1',
  ]);
  expect(log).toEqual([expect.stringMatching(/2 stored registrations were passed over/)]);
});

test('stores are asked about so many registrations at a time', async () => {
  let open = 0;
  let most = 0;
  const isStill = async (): Promise<boolean> => {
    open += 1;
    most = Math.max(most, open);
    await Promise.resolve();
    open -= 1;
    return true;
  };
  const now = new VirtualClock().wallTime();
  const names = Array.from({ length: 300 }, (_, index) => aRegistration(`dev${index}`, { updatedAt: now }));
  const { restoration, table } = setUp(names, isStill);
  await restoration.load();
  expect(table.size).toBe(300);
  expect(most).toBe(64);
});

test.each<[string, PeerIdentity, boolean]>([
  ['the same identity', ANONYMOUS, true],
  ['another identity', { kind: 'psk', identity: 'id' }, false],
])('a peer of that key with %s', async (_name, identity, reachable) => {
  const { restoration, table } = setUp([aRegistration('dev', { updatedAt: new VirtualClock().wallTime() })]);
  await restoration.load();
  const asked: unknown[] = [];
  const coap = {
    ...aCoapClient(),
    recall: (key: string, host: string, port: number) => {
      asked.push([key, host, port]);
      return { key, host, port, identity, pathValidated: true };
    },
  };
  expect(restoration.opened(coap, 'coap://192.0.2.2:5683')).toEqual([]);
  expect(asked).toEqual([]);
  expect(restoration.opened(coap, 'coap://192.0.2.1:5683')).toHaveLength(reachable ? 1 : 0);
  expect(asked).toEqual([['key', '192.0.2.99', 50_000]]);
  expect(table.byEndpointName('dev')?.reachable).toBe(reachable);
  expect(table.byPeer(coap, 'key') !== undefined).toBe(reachable);
  expect(restoration.rest()).toHaveLength(reachable ? 0 : 1);
});
