import type { Peer } from '@flownexus/datagram';
import { seededRandom } from '@flownexus/datagram/testing';
import { describe, expect, test, vi } from 'vitest';
import {
  type DtlsClientOptions,
  type DtlsTransport,
  dtlsTransport,
  type DtlsTransportOptions,
  type ResumableSession,
} from '../../src/index.ts';
import { decodeHelloVerifyRequest } from '../../src/messages/hello-verify-request.ts';
import { decodeRecords } from '../../src/records/record-codec.ts';
import { CAPTURED_FLIGHTS } from '../support/captured-flights.ts';
import { credentialOf, pem } from '../transport/credentials.ts';
import { bytes } from '../transport/world.ts';
import { DirectLine } from './direct-line.ts';
import { HostileClient } from './hostile-client.ts';
import { Dice, mutate, withCookie } from './mutate.ts';
import { serverCredentials, target, TARGET_KEY, type Target } from './target.ts';

// Datagrams of real handshakes, changed with their structure in mind, to running transports in every state. So many of each kind, or as
// many as DTLS_MUTATIONS says:
//
//     DTLS_MUTATIONS=200000 npx vitest run packages/dtls/test/attack/mutations.test.ts

const COUNT = Number(process.env.DTLS_MUTATIONS ?? 2_000);
const SEED = Number(process.env.DTLS_SEED ?? 1);
const TIMEOUT_MS = COUNT > 2_000 ? 3_600_000 : 60_000;
/** What one datagram may take, on a machine that is busy with other things. */
const MOST_MS = 1_000;

vi.mock(import('../../src/records/protect/aead.ts'), async (original) => {
  const { watched } = await import('./nonce-monitor.ts');
  return watched(await original());
});

const psk = { identity: 'dev1', key: TARGET_KEY };
const trust = { x509: { roots: [pem('ca.crt')] }, serverName: 'localhost' };

interface Setting {
  readonly client: DtlsClientOptions;
  readonly options?: Partial<DtlsTransportOptions>;
  /** Connects twice: the second handshake resumes what the first one began. */
  readonly resumes?: boolean;
}

const settings: Readonly<Record<string, Setting>> = {
  'a pre-shared key': { client: { psk } },
  'Connection IDs on both sides': {
    client: { psk, connectionIdLength: 4 },
    options: { server: { ...serverCredentials, connectionIdLength: 4 } },
  },
  'no Connection IDs': {
    client: { psk, connectionIdLength: 'not-offered' },
    options: { server: { ...serverCredentials, connectionIdLength: 0 } },
  },
  'an ephemeral and a pre-shared key': {
    client: { psk },
    options: { cipherSuites: ['ECDHE_PSK_WITH_AES_128_GCM_SHA256'] },
  },
  certificates: {
    client: { credential: credentialOf('client'), ...trust },
    options: { cipherSuites: ['ECDHE_ECDSA_WITH_AES_128_CCM_8', 'PSK_WITH_AES_128_CCM_8'] },
  },
  'raw public keys': {
    client: { credential: credentialOf('client'), rawPublicKey: () => true },
    options: { server: { psk: serverCredentials.psk, credential: credentialOf('server'), rawPublicKey: () => true } },
  },
  'a session that is resumed': { client: { psk }, resumes: true },
};

const CLIENT = { host: '10.0.1.1', port: 40_000 };

/** A client and a server with everything that they send in the hands of a test. */
class Duel {
  readonly server: Target;
  readonly client: DtlsTransport;
  readonly toClient: Uint8Array[];
  readonly toServer: Uint8Array[];
  readonly clientLine: DirectLine;
  readonly clientErrors: unknown[] = [];
  session: ResumableSession | undefined;
  readonly honest: HostileClient;
  mutations = 0;
  #pings = 0;

  private constructor(server: Target, client: Setting['client'], options: Setting['options'], seed: number) {
    this.server = server;
    this.clientLine = new DirectLine(CLIENT.host, CLIENT.port);
    const cipherSuites = options?.cipherSuites;
    this.client = dtlsTransport({
      transport: this.clientLine,
      clock: server.clock,
      random: seededRandom(seed),
      client: { ...client, onResumable: (session) => (this.session = session) },
      ...(cipherSuites === undefined ? {} : { cipherSuites }),
      onError: (error) => this.clientErrors.push(error),
    });
    this.toClient = server.line.inbox(CLIENT.host, CLIENT.port);
    this.toServer = this.clientLine.inbox(server.line.localAddress.host, server.line.localAddress.port);
    this.honest = new HostileClient(
      server,
      '10.0.7.7',
      7,
      {
        suites: ['PSK_WITH_AES_128_CCM_8', 'ECDHE_PSK_WITH_AES_128_GCM_SHA256'],
        psk: { identity: bytes('dev7'), key: TARGET_KEY },
      },
      seed & 0xffff,
    );
    this.honest.handshake();
  }

  static async begin({ client, options }: Setting, seed: number): Promise<Duel> {
    const server = await target({ ...options, random: seededRandom(seed) });
    return Duel.#open(new Duel(server, client, options, seed + 500_000));
  }

  /** Another client, which has the session of this one, with the same server. */
  async again({ client, options }: Setting, seed: number): Promise<Duel> {
    const { session } = this;
    await this.client.close();
    return Duel.#open(new Duel(this.server, session === undefined ? client : { ...client, session }, options, seed));
  }

  static async #open(duel: Duel): Promise<Duel> {
    await duel.client.open({ onDatagram: () => {}, onPeerClosed: () => {} });
    return duel;
  }

  /** Runs a handshake and some words after it, each datagram with so many changed ones before it. Gives whether both got what they wanted. */
  async run(dice: Dice, changes: number): Promise<boolean> {
    const { clock, transport } = this.server;
    const outcome: { toServer?: Peer; error?: unknown } = {};
    this.client.connect('10.0.0.1', 5684).then(
      (peer) => (outcome.toServer = peer),
      (error: unknown) => (outcome.error = error),
    );
    for (let round = 0; round < 40 && Object.keys(outcome).length === 0; round += 1) {
      await flush();
      this.#exchange(dice, changes);
      await flush();
      if (Object.keys(outcome).length === 0) clock.advance(1_000 * 1.5 ** round);
    }
    const { toServer } = outcome;
    if (toServer === undefined) {
      clock.advance(120_000);
      return false;
    }
    const before = transport.statistics.recordsReceived;
    for (let count = 0; count < 3; count += 1) {
      this.client.send(toServer, bytes(`word ${count}`));
      const peer = this.server.associations.get(`${CLIENT.host}:${CLIENT.port}`);
      if (peer !== undefined) transport.send(peer, bytes(`answer ${count}`));
      this.#exchange(dice, changes);
    }
    return transport.statistics.recordsReceived > before;
  }

  /** What must be true at any time. */
  check(): void {
    this.#pings += 1;
    this.honest.data(String(this.#pings));
    const key = this.server.associations.get('10.0.7.7:7')?.key ?? '';
    expect(this.server.heard.get(key)?.at(-1)).toBe(String(this.#pings));
    expect([...this.server.errors, ...this.clientErrors]).toEqual([]);
    expect(this.server.transport.statistics.associations).toBeLessThanOrEqual(3);
    expect(this.server.transport.statistics.handshakes).toBeLessThanOrEqual(1);
    expect(this.server.clock.pendingTimers).toBeLessThan(8);
  }

  #exchange(dice: Dice, changes: number): void {
    const seen: Uint8Array[] = [];
    for (let count = 0; count < 100 && this.toServer.length + this.toClient.length > 0; count += 1) {
      const isForServer = this.toServer.length > 0;
      const datagram = (isForServer ? this.toServer : this.toClient).shift() ?? new Uint8Array(0);
      seen.push(datagram);
      const [line, from] = isForServer
        ? ([this.server.line, CLIENT] as const)
        : ([this.clientLine, this.server.line.localAddress] as const);
      for (let change = dice.below(2 * changes + 1); change > 0; change -= 1) {
        this.mutations += 1;
        const changed = mutate(dice.one(seen.slice(-4)), dice, seen);
        // What is the same is a repetition.
        timed(() => {
          line.deliver(from.host, from.port, changed);
        });
      }
      line.deliver(from.host, from.port, datagram);
    }
    this.toServer.length = 0;
    this.toClient.length = 0;
  }
}

function timed(work: () => void): void {
  const began = performance.now();
  work();
  expect(performance.now() - began).toBeLessThan(MOST_MS);
}

function flush(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

describe('changed datagrams among the right ones', () => {
  test.each(Object.entries(settings))(
    'do no harm, with %s',
    async (_name, setting) => {
      const dice = new Dice(seededRandom(SEED));
      let mutations = 0;
      let connections = 0;
      for (let round = 0; mutations < COUNT / 4; round += 1) {
        const seed = SEED * 10_000 + round;
        let duel = await Duel.begin(setting, seed);
        // The first round is without any change.
        const changes = round === 0 ? 0 : 1 + dice.below(2);
        if (setting.resumes === true) {
          expect(await duel.run(dice, 0)).toBe(true);
          duel = await duel.again(setting, seed + 100_000);
        }
        const isGood = await duel.run(dice, changes);
        if (isGood) connections += 1;
        if (round === 0) expect(isGood).toBe(true);
        if (round === 0 && setting.resumes === true) expect(duel.client.statistics.handshakesResumed).toBe(1);
        duel.check();
        mutations += duel.mutations;
        const { clock, transport, line } = duel.server;
        clock.advance(400_000);
        duel.check();
        expect(transport.statistics.handshakes).toBe(0);
        // Three flights of a kilobyte or two, each at most nine times by the timer and nine times because it was asked for.
        expect(line.sentBytes).toBeLessThan(60_000);
        await transport.close();
      }
      expect(connections).toBeGreaterThan(1);
    },
    TIMEOUT_MS,
  );
});

describe('changed datagrams from addresses that have shown nothing', () => {
  test(
    'get no more bytes than they have, and no memory',
    async () => {
      const made = await target();
      const { line, transport, clock, errors } = made;
      const dice = new Dice(seededRandom(SEED));
      const flights = CAPTURED_FLIGHTS.map(({ datagrams }) => datagrams.map((datagram) => datagram.bytes));
      const timers = clock.pendingTimers;
      let hellos = 0;
      for (let count = 0; count < COUNT; count += 1) {
        const flight = dice.one(flights);
        const changed = mutate(dice.one(flight), dice, flight);
        const before = line.sentBytes;
        const packets = line.sentDatagrams;
        timed(() => {
          line.deliver(`10.${count >> 16}.${(count >> 8) & 255}.${count & 255}`, 5683, changed);
        });
        expect(line.sentBytes - before).toBeLessThanOrEqual(changed.length);
        expect(line.sentDatagrams - packets).toBeLessThanOrEqual(1);
        hellos += line.sentDatagrams - packets;
      }
      expect(hellos).toBeGreaterThan(COUNT / 50);
      expect(transport.statistics).toMatchObject({ associations: 0, handshakes: 0, handshakesStarted: 0 });
      expect(clock.pendingTimers).toBe(timers);
      expect(errors).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    'and then show a cookie for what they say get an answer or none, and nothing is left of them',
    async () => {
      const made = await target();
      const { line, transport, clock, errors, failures } = made;
      const dice = new Dice(seededRandom(SEED));
      const hellos = CAPTURED_FLIGHTS.flatMap(({ datagrams }) =>
        datagrams.flatMap((datagram) => withCookie(datagram.bytes, new Uint8Array(0)) ?? []),
      );
      let shown = 0;
      let begun = 0;
      for (let count = 0; count < COUNT; count += 1) {
        const host = `10.${count >> 16}.${(count >> 8) & 255}.${count & 255}`;
        const inbox = line.inbox(host, 5683);
        const changed = mutate(dice.one(hellos), dice, hellos);
        line.deliver(host, 5683, changed);
        const challenge = decodeRecords(inbox.shift() ?? new Uint8Array(0), 0)[0];
        if (challenge !== undefined) {
          const { cookie } = decodeHelloVerifyRequest(challenge.fragment.subarray(12));
          const again = withCookie(changed, cookie) ?? changed;
          shown += 1;
          const before = transport.statistics.handshakesStarted;
          timed(() => {
            line.deliver(host, 5683, again);
          });
          begun += transport.statistics.handshakesStarted - before;
          for (let more = 0; more < 3; more += 1) line.deliver(host, 5683, mutate(again, dice, hellos));
        }
        expect(line.sentBytes).toBeLessThan(4_000 * (count + 1));
        line.leave(host, 5683);
        if (count % 200 === 199) clock.advance(100_000);
      }
      expect(shown).toBeGreaterThan(COUNT / 10);
      expect(begun).toBeGreaterThan(COUNT / 20);
      clock.advance(400_000);
      expect(transport.statistics).toMatchObject({ associations: 0, handshakes: 0, callbackErrors: 0 });
      expect(clock.pendingTimers).toBe(0);
      expect(errors).toEqual([]);
      expect(failures.filter(({ reason }) => !('code' in reason)).map(({ reason }) => reason)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

describe('records of a peer that knows the keys', () => {
  test(
    'with any content and any number end nobody else',
    async () => {
      const made = await target();
      const { line, transport, clock, errors, associations, heard } = made;
      const dice = new Dice(seededRandom(SEED));
      const options = {
        suites: ['PSK_WITH_AES_128_CCM_8'],
        psk: { identity: bytes('dev1'), key: TARGET_KEY },
        extensions: { connectionId: new Uint8Array(0) },
      };
      const honest = new HostileClient(made, '10.0.7.7', 7, options, 9);
      honest.handshake();
      let evil: HostileClient | undefined;
      let born = 0;
      for (let count = 0; count < COUNT; count += 1) {
        const peer = associations.get('10.0.1.1:1');
        if (evil === undefined || peer === undefined || transport.find(peer.key) === undefined) {
          evil?.leave();
          associations.delete('10.0.1.1:1');
          evil = new HostileClient(made, '10.0.1.1', 1, options, 10 + count);
          evil.handshake();
          born += 1;
        }
        const type = dice.one([0, 20, 21, 22, 23, 24, 25, 26, 255]);
        // Half of the alerts have an alert's length: only those may end the association.
        const length = type === 21 && dice.below(2) === 0 ? 2 : dice.one([0, 1, 2, 3, 12, 13, 24, 25, 200, 1_400]);
        const content = dice.bytes(length);
        if (type === 21)
          content.set(Uint8Array.of(dice.one([0, 1, 2, 3]), dice.one([0, 10, 40, 90, 255])).slice(0, content.length));
        if (type === 22 && content.length > 3)
          content.set(Uint8Array.of(dice.one([0, 1, 11, 16, 20]), 0, 0, content.length & 255));
        const record = evil.epoch.seal(type, content);
        const sent = line.sentBytes;
        const from = dice.one(['10.0.1.1', '10.0.1.1', '10.0.1.2', '10.0.7.7']);
        timed(() => {
          line.deliver(
            from,
            from === '10.0.7.7' ? 7 : 1,
            dice.below(4) === 0 ? mutate(record, dice, evil?.said ?? []) : record,
          );
        });
        // An alert for a record, or the last flight again.
        expect(line.sentBytes - sent).toBeLessThanOrEqual(200);
        if (count % 20 === 0) {
          honest.data(String(count));
          expect(heard.get(associations.get('10.0.7.7:7')?.key ?? '')?.at(-1)).toBe(String(count));
        }
      }
      expect(born).toBeGreaterThan(COUNT / 200);
      expect(transport.statistics.associations).toBeLessThanOrEqual(2);
      clock.advance(400_000);
      expect(transport.statistics).toMatchObject({ handshakes: 0, callbackErrors: 0 });
      expect(errors).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
