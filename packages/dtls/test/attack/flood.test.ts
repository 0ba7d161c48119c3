import { seededRandom } from '@flownexus/datagram/testing';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { encodeHandshakeMessage, HandshakeType } from '../../src/handshake/handshake-message.ts';
import type { DtlsLimits } from '../../src/index.ts';
import { encodePlainRecord } from '../../src/records/record-codec.ts';
import { ContentType } from '../../src/records/record.ts';
import type { TestClientOptions } from '../support/test-client.ts';
import { bytes } from '../transport/world.ts';
import { HostileClient } from './hostile-client.ts';
import { Dice, withCookie } from './mutate.ts';
import { serverCredentials, target, TARGET_KEY, type Target } from './target.ts';

// Floods against a running transport while a thousand devices go on working. Four times as many datagrams, and so on:
//
//     DTLS_FLOOD=4 npx vitest run packages/dtls/test/attack/flood.test.ts

const FACTOR = Number(process.env.DTLS_FLOOD ?? 1);
const TIMEOUT_MS = FACTOR * 60_000;
const DEVICES = 1_000;

vi.mock(import('../../src/records/protect/aead.ts'), async (original) => {
  const { watched } = await import('./nonce-monitor.ts');
  return watched(await original());
});

function device(identity: string, changes: Partial<TestClientOptions> = {}): TestClientOptions {
  return {
    suites: ['PSK_WITH_AES_128_CCM_8'],
    psk: { identity: bytes(identity), key: TARGET_KEY },
    extensions: { connectionId: new Uint8Array(0) },
    ...changes,
  };
}

/** A server with devices that work, and the means to make it hard for them. */
class Siege {
  readonly target: Target;
  readonly dice: Dice = new Dice(seededRandom(3));
  readonly #devices: HostileClient[] = [];
  readonly #keys: string[] = [];
  #round = 0;
  #late = 0;

  constructor(made: Target, devices: number) {
    this.target = made;
    for (let index = 0; index < devices; index += 1) {
      const one = new HostileClient(made, `10.1.${index >> 8}.${index & 255}`, 40_000, device(`dev${index}`), index);
      one.handshake();
      this.#devices.push(one);
      this.#keys.push(made.associations.get(`${one.host}:40000`)?.key ?? '');
    }
    expect(made.transport.statistics.associations).toBe(devices);
  }

  /** Each device says a word and gets an answer. */
  work(): void {
    this.#round += 1;
    const word = `word ${this.#round}`;
    for (const [index, one] of this.#devices.entries()) {
      one.data(word);
      const key = this.#keys[index] ?? '';
      expect(this.target.heard.get(key)?.at(-1)).toBe(word);
      const peer = this.target.transport.find(key);
      if (peer !== undefined) this.target.transport.send(peer, bytes(word));
      one.listen();
      expect(one.heard.at(-1)).toBe(word);
    }
  }

  /** A device that was not there before gets in. */
  newcomer(): void {
    this.#late += 1;
    const host = `10.250.${this.#late}.1`;
    const late = new HostileClient(this.target, host, 40_000, device('dev5000'), 20_000 + this.#late);
    late.handshake();
    late.data('hello');
    const key = this.target.associations.get(`${host}:40000`)?.key ?? '';
    expect(this.target.heard.get(key)).toEqual(['hello']);
  }

  get device(): HostileClient {
    return this.dice.one(this.#devices);
  }

  /** When all is over there is nothing but the associations. */
  end(): void {
    const { clock, transport, errors } = this.target;
    clock.advance(400_000);
    this.work();
    expect(transport.statistics).toMatchObject({ handshakes: 0, callbackErrors: 0 });
    expect(errors).toEqual([]);
    // The one for those that were silent too long.
    expect(clock.pendingTimers).toBe(1);
  }
}

async function siege(limits: Partial<DtlsLimits> = {}, devices = DEVICES): Promise<Siege> {
  return new Siege(await target({ limits }), devices);
}

function hostAt(index: number): string {
  return `172.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
}

let attackers = 0;
/** The one that has the thousand devices, and the bounds that there are by default. */
let large: Siege;
beforeAll(async () => {
  large = await siege();
}, TIMEOUT_MS);

/** A hello from an address of its own that shows its cookie and leaves it at that. */
function halfOpen({ target: made }: Siege, host = hostAt((attackers += 1))): HostileClient {
  const client = new HostileClient(made, host, 1_000, device('dev1'), (attackers += 1));
  client.askForCookie();
  client.hello();
  client.leave();
  return client;
}

describe('ClientHellos without end', () => {
  test(
    'without a cookie',
    () => {
      const one = large;
      const { line, transport } = one.target;
      const [hello = new Uint8Array(0)] = one.device.said;
      const timers = one.target.clock.pendingTimers;
      for (let round = 0; round < 2 * FACTOR; round += 1) {
        const before = { ...transport.statistics };
        const sent = line.sentBytes;
        for (let count = 0; count < 2_000; count += 1) line.deliver(hostAt(round * 2_000 + count), 1, hello);
        expect(line.sentBytes - sent).toBeLessThanOrEqual(2_000 * hello.length);
        expect(transport.statistics).toMatchObject({
          handshakesStarted: before.handshakesStarted,
          helloVerifyRequests: before.helloVerifyRequests + 2_000,
        });
        one.work();
        one.newcomer();
        expect(one.target.clock.pendingTimers).toBe(timers);
      }
      one.end();
    },
    TIMEOUT_MS,
  );

  test(
    'with cookies that were others’',
    () => {
      const one = large;
      const { line, transport } = one.target;
      const hello = one.device.said[1] ?? new Uint8Array(0);
      const before = transport.statistics.handshakesStarted;
      for (let count = 0; count < 2_000 * FACTOR; count += 1) line.deliver(hostAt(count), 1, hello);
      expect(transport.statistics.handshakesStarted).toBe(before);
      one.work();
      one.newcomer();
      one.end();
    },
    TIMEOUT_MS,
  );

  test(
    'with a cookie of their own, again and again',
    () => {
      const one = large;
      const attacker = halfOpen(one);
      const [, hello = new Uint8Array(0)] = attacker.said;
      const before = one.target.line.sentBytes;
      for (let count = 0; count < 2_000 * FACTOR; count += 1) {
        one.target.line.deliver(attacker.host, attacker.port, hello);
      }
      expect(one.target.line.sentBytes).toBe(before);
      expect(one.target.transport.statistics.handshakes).toBe(1);
      // Nor for those who are patient.
      for (let count = 0; count < 100; count += 1) {
        one.target.clock.advance(1_000);
        one.target.line.deliver(attacker.host, attacker.port, hello);
      }
      expect(one.target.line.sentBytes - before).toBeLessThan(20 * hello.length + 4_000);
      one.end();
    },
    TIMEOUT_MS,
  );

  test(
    'with good cookies from one network',
    async () => {
      const one = await siege(
        { handshakesPerNetwork: 50, handshakeBurstPerNetwork: 200, handshakeRatePerNetwork: 10 },
        100,
      );
      const { transport } = one.target;
      const before = transport.statistics.handshakes;
      for (let round = 0; round < 4 * FACTOR; round += 1) {
        for (let count = 0; count < 254; count += 1) halfOpen(one, `192.168.7.${count}`);
        expect(transport.statistics.handshakes - before).toBeLessThanOrEqual(50);
        one.target.clock.advance(500);
        one.work();
        one.newcomer();
      }
      one.end();
      halfOpen(one, '192.168.7.1');
      expect(transport.statistics.handshakes).toBe(1);
    },
    TIMEOUT_MS,
  );

  test(
    'with good cookies from everywhere',
    async () => {
      const one = await siege({ handshakes: 200, networks: 300 }, 100);
      const { transport } = one.target;
      for (let round = 0; round < 3 * FACTOR; round += 1) {
        for (let count = 0; count < 500; count += 1) {
          halfOpen(one);
          expect(transport.statistics.handshakes).toBeLessThanOrEqual(200);
        }
        one.work();
        one.newcomer();
      }
      one.end();
    },
    TIMEOUT_MS,
  );
});

describe('records without end', () => {
  test(
    'with Connection IDs that nobody has',
    () => {
      const one = large;
      const { line, transport } = one.target;
      const dropped = transport.statistics.recordsDropped;
      for (let count = 0; count < 5_000 * FACTOR; count += 1) {
        const record = one.dice.bytes(60);
        record.set([25, 0xfe, 0xfd, 0, 1]);
        record.set([0, 60 - 19], 17);
        line.deliver(hostAt(count & 0xfff), 1, record);
      }
      expect(transport.statistics.recordsDropped - dropped).toBe(5_000 * FACTOR);
      one.work();
      one.newcomer();
      one.end();
    },
    TIMEOUT_MS,
  );

  test(
    'that were real once, from other addresses',
    () => {
      const one = large;
      one.work();
      const { line, transport } = one.target;
      const before = transport.statistics;
      const sent = line.sentBytes;
      for (let count = 0; count < 2_000 * FACTOR; count += 1)
        line.deliver(hostAt(count), 1, one.device.said.at(-1) ?? new Uint8Array(0));
      expect(line.sentBytes).toBe(sent);
      expect(transport.statistics.addressChanges).toBe(before.addressChanges);
      expect(transport.statistics.recordsReplayed - before.recordsReplayed).toBe(2_000 * FACTOR);
      one.work();
      one.end();
    },
    TIMEOUT_MS,
  );

  test(
    'that are forged for a Connection ID from anywhere end its association only after a million of them',
    async () => {
      const one = await siege({ forgedRecords: 5_000 }, 20);
      const { line, transport } = one.target;
      const victim = one.device;
      one.work();
      const forged = Uint8Array.from(victim.said.at(-1) ?? []);
      // The sequence number is ahead of all others.
      forged[5] = 1;
      for (let count = 0; count < 5_000; count += 1) line.deliver(hostAt(count), 1, forged);
      expect(transport.statistics.recordsForged).toBe(5_000);
      one.work();
      line.deliver(hostAt(1), 1, forged);
      expect(transport.statistics.associations).toBe(19);
    },
    TIMEOUT_MS,
  );
});

describe('a device with good credentials', () => {
  test(
    'that never finishes, and says its messages byte by byte',
    async () => {
      const one = await siege({}, 100);
      const { line, transport } = one.target;
      const client = new HostileClient(one.target, '10.66.0.1', 1, device('dev66'), 66);
      client.askForCookie();
      client.hello();
      const body = new Uint8Array(16_384).fill(7);
      const { raw } = encodeHandshakeMessage(HandshakeType.clientKeyExchange, 2, body);
      const began = performance.now();
      // Every other byte first, so that no two of them touch; then all.
      const offsets = [...Array(8_192).keys()].map((index) => 2 * index).concat([...Array(16_384).keys()]);
      for (let from = 0; from < offsets.length; from += 60) {
        const content = offsets.slice(from, from + 60).flatMap((offset) => {
          const head = Uint8Array.from(raw.subarray(0, 12));
          head.set([offset >> 16, (offset >> 8) & 255, offset & 255, 0, 0, 1], 6);
          return [...head, 7];
        });
        line.deliver(
          client.host,
          client.port,
          encodePlainRecord(ContentType.handshake, 10 + from, Uint8Array.from(content)),
        );
        if (from % 6_000 === 0) one.work();
      }
      expect(performance.now() - began).toBeLessThan(20_000);
      // It came to its end, and means nothing.
      expect(one.target.failures.at(-1)).toMatchObject({ host: '10.66.0.1' });
      expect(transport.statistics.handshakes).toBe(0);
      one.end();
    },
    TIMEOUT_MS,
  );

  test(
    'that moves all the time',
    async () => {
      const one = await siege({}, 100);
      const { line, transport } = one.target;
      const client = new HostileClient(one.target, '10.66.0.1', 1, device('dev66'), 66);
      client.handshake();
      const peer = transport.find(one.target.associations.get('10.66.0.1:1')?.key ?? '');
      for (let count = 0; count < 3_000 * FACTOR; count += 1) {
        const record = client.epoch.seal(ContentType.applicationData, bytes('x'));
        const sent = line.sentBytes;
        line.deliver(hostAt(count), 1, record);
        for (let answer = 0; answer < 5 && peer !== undefined; answer += 1) transport.send(peer, new Uint8Array(30));
        if (peer?.pathValidated === false) expect(line.sentBytes - sent).toBeLessThanOrEqual(3 * 5 * record.length);
        if (count % 100 === 0) one.target.clock.advance(1_000);
      }
      expect(transport.statistics.addressChanges).toBeLessThanOrEqual(10 * (1 + Math.ceil((FACTOR * 30) / 60)));
      one.work();
      one.end();
    },
    TIMEOUT_MS,
  );

  test(
    'that begins one association after the other',
    async () => {
      // Without dev66 among those who work: of one identity the oldest association gives way.
      const one = await siege({ associations: 200 }, 60);
      const { transport } = one.target;
      for (let count = 0; count < 99; count += 1)
        new HostileClient(one.target, hostAt(count), 1, device('dev66'), count).handshake();
      one.work();
      for (let count = 0; count < 90; count += 1)
        new HostileClient(one.target, hostAt(1_000 + count), 1, device('dev66'), 1_000 + count).handshake();
      expect(transport.statistics.associations).toBeLessThanOrEqual(200);
      // Those that are awake keep theirs.
      one.work();
      expect(transport.statistics.limits).toBeGreaterThan(0);
      one.end();
    },
    TIMEOUT_MS,
  );
});

describe('an application that does not do its part', () => {
  test(
    'keys that never come hold no more than the bound',
    async () => {
      const pending: string[] = [];
      const made = await target({
        limits: { handshakes: 100, handshakeMs: 10_000 },
        server: {
          ...serverCredentials,
          psk: (identity) => {
            if (identity !== 'dev9999') return serverCredentials.psk(identity);
            pending.push(identity);
            return new Promise(() => {});
          },
        },
      });
      const one = new Siege(made, 100);
      for (let count = 0; count < 1_000; count += 1) {
        new HostileClient(made, hostAt(count), 1, device('dev9999'), count).handshake();
        expect(made.transport.statistics.handshakes).toBeLessThanOrEqual(100);
      }
      one.work();
      one.newcomer();
      one.end();
      expect(pending).toHaveLength(1_000);
    },
    TIMEOUT_MS,
  );

  test('keys that are no keys end the handshake, and nothing else', async () => {
    const odd: readonly unknown[] = [
      new Uint8Array(0),
      new Uint8Array(10_000),
      'text',
      7,
      null,
      {},
      Promise.resolve('x'),
      Promise.resolve(undefined),
    ];
    let next = -1;
    const made = await target({
      server: {
        ...serverCredentials,
        psk: (identity) => (identity === 'dev66' ? (odd[(next += 1)] as Uint8Array) : serverCredentials.psk(identity)),
      },
    });
    const one = new Siege(made, 10);
    for (let count = 0; count < odd.length; count += 1) {
      new HostileClient(made, hostAt(count), 1, device('dev66'), count).handshake();
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    expect(made.transport.statistics.associations).toBe(10);
    one.work();
    one.end();
  });

  test('a handler that throws hurts nobody', async () => {
    const made = await target();
    const one = new Siege(made, 10);
    const { heard } = made;
    const get = heard.get.bind(heard);
    heard.get = () => {
      throw new Error('no memory');
    };
    one.device.data('boom');
    heard.get = get;
    expect(made.errors.splice(0)).toMatchObject([{ message: 'no memory' }]);
    one.work();
  });
});

test('a hello with a cookie that was changed behind it begins nothing', async () => {
  const one = await siege({}, 1);
  const attacker = new HostileClient(one.target, '10.66.0.1', 1, device('dev1'), 5);
  attacker.askForCookie();
  const [hello = new Uint8Array(0)] = attacker.said;
  const started = one.target.transport.statistics.handshakesStarted;
  for (let place = 25; place < hello.length; place += 1) {
    const again = withCookie(hello, attacker.cookie) ?? hello;
    const changed = Uint8Array.from(again);
    changed[place] = (changed[place] ?? 0) ^ 1;
    attacker.send(changed);
  }
  expect(one.target.transport.statistics.handshakesStarted).toBe(started);
});
