import { describe, expect, test, vi } from 'vitest';
import { seededRandom } from '@flownexus/datagram/testing';
import { encodeHandshakeMessage, HandshakeType } from '../../src/handshake/handshake-message.ts';
import { ContentType } from '../../src/records/record.ts';
import type { TestClientOptions } from '../support/test-client.ts';
import { credentialOf } from '../transport/credentials.ts';
import { bytes } from '../transport/world.ts';
import { HostileClient } from './hostile-client.ts';
import { sealedRecords } from './nonce-monitor.ts';
import { target, TARGET_KEY, type Target } from './target.ts';

// All words of datagrams that a client can say to a running transport, as a walk of the prefix tree: those of four letters, of five with
// DTLS_WORDS=5, and random longer ones; DTLS_RANDOM_WORDS says how many (default 400 for each kind of credential):
//
//     DTLS_WORDS=5 DTLS_RANDOM_WORDS=20000 npx vitest run packages/dtls/test/attack/words.test.ts

const LENGTH = Number(process.env.DTLS_WORDS ?? 4);
const RANDOM_WORDS = Number(process.env.DTLS_RANDOM_WORDS ?? 400);
const TIMEOUT_MS = LENGTH > 4 || RANDOM_WORDS > 400 ? 3_600_000 : 60_000;

vi.mock(import('../../src/records/protect/aead.ts'), async (original) => {
  const { watched } = await import('./nonce-monitor.ts');
  return watched(await original());
});

const stranger = credentialOf('stranger');
const garbage = Uint8Array.of(0xff, 0xff, 1, 2, 3);

const letters = {
  helloWithoutCookie: (client) => {
    client.askForCookie();
  },
  hello: (client) => {
    client.hello();
  },
  helloWrongCookie: (client) => {
    client.hello(client.cookie.map((byte) => byte ^ 1));
  },
  certificate: (client) => {
    client.plain(client.talk.certificate());
  },
  emptyCertificate: (client) => {
    client.plain(client.talk.certificate({ type: 0, chain: [] }));
  },
  othersCertificate: (client) => {
    client.plain(client.talk.certificate({ type: 0, chain: stranger.chain ?? [] }));
  },
  keyExchange: (client) => {
    client.plain(client.talk.clientKeyExchange());
  },
  badKeyExchange: (client) => {
    client.plain(client.talk.say(HandshakeType.clientKeyExchange, garbage));
  },
  verify: (client) => {
    client.plain(client.talk.certificateVerify());
  },
  verifyByStranger: (client) => {
    client.plain(client.talk.certificateVerify({ privateKey: stranger.privateKey }));
  },
  changeCipherSpec: (client) => {
    client.plain(client.talk.changeCipherSpec());
  },
  finished: (client) => {
    client.sealed(client.talk.finished());
  },
  wrongFinished: (client) => {
    client.sealed(client.talk.finished({ change: (data) => data.map((byte) => byte ^ 1) }));
  },
  plainFinished: (client) => {
    client.plain(client.talk.finished());
  },
  data: (client) => {
    client.data('data');
  },
  plainData: (client) => {
    client.record(ContentType.applicationData, bytes('plain'));
  },
  warning: (client) => {
    client.alert('warning', 'user_canceled', false);
  },
  fatal: (client) => {
    client.alert('fatal', 'internal_error', false);
  },
  sealedWarning: (client) => {
    client.alert('warning', 'user_canceled', true);
  },
  sealedFatal: (client) => {
    client.alert('fatal', 'internal_error', true);
  },
  renegotiation: (client) => {
    client.renegotiate();
  },
  plainUnknown: (client) => {
    client.record(ContentType.handshake, encodeHandshakeMessage(99, 0, garbage).raw);
  },
} satisfies Record<string, (client: HostileClient) => void>;
type Letter = keyof typeof letters;
const alphabet = Object.keys(letters) as Letter[];

const psk: TestClientOptions = {
  suites: ['PSK_WITH_AES_128_CCM_8'],
  psk: { identity: bytes('dev1'), key: TARGET_KEY },
  credential: credentialOf('client'),
  extensions: { connectionId: new Uint8Array(0) },
};
const wrongPsk: TestClientOptions = { ...psk, psk: { identity: bytes('dev1'), key: bytes('guessed') } };
const ecdsa: TestClientOptions = { ...psk, suites: ['ECDHE_ECDSA_WITH_AES_128_CCM_8'] };
const PSK_WORD: readonly Letter[] = ['hello', 'keyExchange', 'changeCipherSpec', 'finished'];
const ECDSA_WORD: readonly Letter[] = ['hello', 'certificate', 'keyExchange', 'verify', 'changeCipherSpec', 'finished'];

/** What a word came to. */
interface Outcome {
  readonly isConnected: boolean;
  /** Whether the server still waits for this client. */
  readonly isUnderWay: boolean;
  readonly heard: readonly string[];
}

/** A target with an honest device beside all words that are said to it. */
class Stage {
  readonly #target: Target;
  readonly #honest: HostileClient;
  #words = 0;

  private constructor(made: Target) {
    this.#target = made;
    this.#honest = new HostileClient(made, '10.0.7.7', 7, {
      ...psk,
      psk: { identity: bytes('dev7'), key: TARGET_KEY },
    });
    this.#honest.handshake();
  }

  static async make(): Promise<Stage> {
    return new Stage(await target());
  }

  get words(): number {
    return this.#words;
  }

  say(options: TestClientOptions, word: readonly Letter[], identity: string): Outcome {
    const { clock, line, transport, associations, heard, errors } = this.#target;
    this.#words += 1;
    const number = this.#words;
    const client = new HostileClient(
      this.#target,
      `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`,
      1,
      options,
      number,
    );
    client.askForCookie();
    const before = transport.statistics;
    const sentBefore = line.sentBytes;
    for (const letter of word) letters[letter](client);
    const { statistics } = transport;
    const peer = associations.get(`${client.host}:1`);
    if (peer !== undefined) {
      const { identity: proven } = peer;
      const name = proven.kind === 'psk' ? proven.identity : proven.kind === 'x509' ? proven.commonName : proven.kind;
      expect(name, word.join(' ')).toBe(identity);
    }
    const outcome = {
      isConnected: peer !== undefined,
      isUnderWay: statistics.handshakes > before.handshakes,
      heard: peer === undefined ? [] : (heard.get(peer.key) ?? []),
    };
    expect(line.sentBytes - sentBefore, word.join(' ')).toBeLessThan(20_000);
    this.#honest.data(String(number));
    expect(heard.get(this.#honestKey)?.at(-1)).toBe(String(number));
    expect(errors).toEqual([]);
    // Makes room: the next word comes from somewhere else.
    if (peer !== undefined) transport.disconnect(peer, 'said');
    associations.delete(`${client.host}:1`);
    client.leave();
    if (number % 500 === 0) clock.advance(300_000);
    return outcome;
  }

  /** What is left when all words were said long ago. */
  end(): void {
    const { clock, transport, heard } = this.#target;
    clock.advance(400_000);
    expect(transport.statistics).toMatchObject({ associations: 1, handshakes: 0, callbackErrors: 0 });
    expect([...heard.values()].flat().filter((one) => one === 'plain')).toEqual([]);
  }

  get #honestKey(): string {
    return this.#target.associations.get('10.0.7.7:7')?.key ?? '';
  }
}

/** Whether letters come in this order, with others before, between and behind. */
function contains(word: readonly Letter[], wanted: readonly Letter[]): boolean {
  let next = 0;
  for (const letter of word) if (letter === wanted[next]) next += 1;
  return next === wanted.length;
}

/** What a word that connects must have: all of the legal one, ChangeCipherSpec anywhere behind the hello, as it has no number. */
function hasAll(word: readonly Letter[], legal: readonly Letter[]): boolean {
  const rest = legal.filter((letter) => letter !== 'changeCipherSpec');
  return contains(word, rest) && contains(word, ['hello', 'changeCipherSpec']);
}

/**
 * What the server may not ignore: a word with one of them before its end does not connect. A fatal alert in the clear is none: once there are keys
 * anyone could have sent it (RFC 6347 §4.1.2.7).
 */
const FATAL: readonly Letter[] = ['emptyCertificate', 'othersCertificate', 'badKeyExchange', 'verifyByStranger'];

function walk(
  stage: Stage,
  options: TestClientOptions,
  prefix: readonly Letter[],
  depth: number,
  legal: readonly Letter[],
): Set<string> {
  const connected = new Set<string>();
  let level: (readonly Letter[])[] = [prefix];
  for (let length = 1; length <= depth; length += 1) {
    const next: (readonly Letter[])[] = [];
    for (const before of level) {
      for (const letter of alphabet) {
        const word = [...before, letter];
        const outcome = stage.say(options, word, 'dev1');
        if (outcome.isConnected) {
          connected.add(word.join(' '));
          expect(hasAll(word, legal), word.join(' ')).toBe(true);
          expect(outcome.heard.every((one) => one === 'data')).toBe(true);
        } else {
          expect(outcome.heard, word.join(' ')).toEqual([]);
        }
        // Where nothing is under way it is as before the first letter.
        if (outcome.isUnderWay || outcome.isConnected) next.push(word);
      }
    }
    level = next;
  }
  return connected;
}

describe('words that are said to a running transport', () => {
  test(
    'connect with a pre-shared key when they are legal, and only then',
    async () => {
      const stage = await Stage.make();
      const connected = walk(stage, psk, [], LENGTH, PSK_WORD);
      expect(connected).toContain(PSK_WORD.join(' '));
      const shortest = [...connected].filter((word) => word.split(' ').length === 4).toSorted();
      expect(shortest).toEqual([
        'hello changeCipherSpec keyExchange finished',
        'hello keyExchange changeCipherSpec finished',
        // Datagrams may overtake one another: a Finished waits for the ChangeCipherSpec before it (RFC 6347 §4.2.4).
        'hello keyExchange finished changeCipherSpec',
      ]);
      stage.end();
      expect(stage.words).toBeGreaterThan(3_000);
      expect(sealedRecords()).toBeGreaterThan(stage.words);
    },
    TIMEOUT_MS,
  );

  test(
    'never connect without the key',
    async () => {
      const stage = await Stage.make();
      expect(walk(stage, wrongPsk, ['hello', 'keyExchange'], LENGTH - 2, PSK_WORD)).toEqual(new Set());
      stage.end();
    },
    TIMEOUT_MS,
  );

  test.each([1, 2, 3, 4])(
    'connect with a certificate when they are legal, after %d legal letters',
    async (count) => {
      const stage = await Stage.make();
      const depth = LENGTH - 2;
      const connected = walk(stage, ecdsa, ECDSA_WORD.slice(0, count), depth, ECDSA_WORD);
      for (const word of connected) {
        const said = word.split(' ') as Letter[];
        expect(said.slice(0, said.indexOf('finished')).filter((letter) => FATAL.includes(letter))).toEqual([]);
      }
      if (count + depth >= ECDSA_WORD.length) expect(connected).toContain(ECDSA_WORD.join(' '));
      stage.end();
    },
    TIMEOUT_MS,
  );

  test.each([
    ['a pre-shared key', psk, PSK_WORD],
    ['a wrong pre-shared key', wrongPsk, undefined],
    ['a certificate', ecdsa, ECDSA_WORD],
  ] as const)(
    'that are long and random do no harm either, with %s',
    async (_name, options, legal) => {
      const stage = await Stage.make();
      const random = seededRandom(7);
      let connections = 0;
      for (let count = 0; count < RANDOM_WORDS; count += 1) {
        const word: Letter[] = [];
        let due = 0;
        // Half of the letters are those that a legal word would go on with.
        for (let length = 4 + Math.floor(random.unit() * 16); length > 0; length -= 1) {
          const right = (legal ?? PSK_WORD)[due];
          const isRight = right !== undefined && random.unit() < 0.6;
          if (isRight) due += 1;
          word.push(isRight ? right : (alphabet[Math.floor(random.unit() * alphabet.length)] ?? 'hello'));
        }
        const { isConnected, heard } = stage.say(options, word, 'dev1');
        if (isConnected) connections += 1;
        if (isConnected) expect(legal !== undefined && hasAll(word, legal), word.join(' ')).toBe(true);
        else expect(heard, word.join(' ')).toEqual([]);
      }
      if (legal !== undefined) expect(connections).toBeGreaterThan(0);
      stage.end();
    },
    TIMEOUT_MS,
  );
});
