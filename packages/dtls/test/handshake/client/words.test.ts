import { describe, expect, test } from 'vitest';
import { CIPHER_SUITES } from '../../../src/cipher-suites.ts';
import { startClient, stepClient } from '../../../src/handshake/client/step-client.ts';
import type { ClientContext } from '../../../src/handshake/contexts.ts';
import type { HandshakeInput, ResumableSession, Step } from '../../../src/handshake/machine.ts';
import { MAX_HELLO_VERIFY_REQUESTS } from '../../../src/limits.ts';
import type { ClientState } from '../../../src/handshake/client/client-state.ts';
import { clientContext, pskKey, serverKeys, trusted } from '../../support/test-server-talk.ts';
import { TestServer, type TestServerOptions } from '../../support/test-server.ts';

/** All that can come to a client but HelloRequest, which changes nothing; each well-formed and as right as it can be at that moment. */
const alphabet: Readonly<Record<string, (server: TestServer) => HandshakeInput>> = {
  HelloVerifyRequest: (server) => server.helloVerifyRequest(),
  ServerHello: (server) => server.serverHello({ sessionId: server.hello.sessionId }),
  Certificate: (server) => server.certificateMessage(),
  ServerKeyExchange: (server) => server.serverKeyExchange(),
  CertificateRequest: (server) => server.certificateRequest(),
  ServerHelloDone: (server) => server.serverHelloDone(),
  NewSessionTicket: (server) => server.newSessionTicket(Uint8Array.of(1)),
  ChangeCipherSpec: (server) => server.changeCipherSpec(),
  Finished: (server) => server.finished(),
  FinishedInPlaintext: (server) => server.finished({ epoch: 0 }),
  FinishedOfAnother: (server) => server.finished({ change: (right) => right.toReversed() }),
  ServerHelloProtected: (server) => ({ ...server.serverHello(), epoch: 1 }) as HandshakeInput,
  psk: () => ({ kind: 'psk', key: pskKey }),
  peer: () => ({ kind: 'peer', verdict: trusted }),
};

interface Setting {
  readonly context: ClientContext;
  readonly server: TestServerOptions;
}

/** What a client makes of a word. A right Finished needs keys: without them the server makes one up. */
function stateAfter({ context, server: options }: Setting, word: readonly string[]): ClientState {
  const server = new TestServer(options);
  let step: Step<ClientState> = startClient(context);
  for (const letter of ['', ...word]) {
    if (letter !== '') {
      server.masterSecret ??= new Uint8Array(48);
      step = stepClient(context, step.state, alphabet[letter]?.(server) ?? { kind: 'changeCipherSpec' });
    }
    for (const output of step.outputs) if (output.kind === 'send') server.receive(output.flight);
  }
  return step.state;
}

/** All words that lead to a connection. A word that has failed is not continued: nothing has an effect after the end. */
function connectingWords(setting: Setting): string[] {
  const found: string[] = [];
  const waiting: (readonly string[])[] = [[]];
  for (let word = waiting.pop(); word !== undefined; word = waiting.pop()) {
    for (const letter of Object.keys(alphabet)) {
      const longer = [...word, letter];
      // The longest that a server may say has 13: more would mean that the machine goes round in circles.
      if (longer.length > 13) throw new Error(`still going on: ${longer.join(' ')}`);
      const { kind } = stateAfter(setting, longer);
      if (kind === 'connected') found.push(longer.join(' '));
      else if (kind !== 'failed') waiting.push(longer);
    }
  }
  return found.toSorted();
}

/** Words in which what is in brackets may be missing, and what has a star may be missing or come up to `MAX_HELLO_VERIFY_REQUESTS` times. */
function wordsOf(pattern: string): string[] {
  let words: string[][] = [[]];
  for (const part of pattern.split(' ')) {
    const letter = part.replaceAll(/[[\]*]/g, '');
    const least = part === letter ? 1 : 0;
    const most = part.endsWith('*') ? MAX_HELLO_VERIFY_REQUESTS : 1;
    const counts = Array.from({ length: most - least + 1 }, (_, index) => least + index);
    words = words.flatMap((word) => counts.map((count) => [...word, ...Array.from({ length: count }, () => letter)]));
  }
  return words.map((word) => word.join(' ')).toSorted();
}

const session: ResumableSession = {
  suite: CIPHER_SUITES[2] ?? CIPHER_SUITES[0]!,
  masterSecret: new Uint8Array(48).fill(7),
  extendedMasterSecret: true,
  encryptThenMac: false,
  sessionId: Uint8Array.of(1, 2, 3),
  ticket: undefined,
  identity: { kind: 'anonymous' },
  serverName: undefined,
};
const psk: Setting = { context: clientContext(), server: { suite: 'PSK_WITH_AES_128_CCM_8', psk: pskKey } };
const ecdhePsk: Setting = { ...psk, server: { ...psk.server, suite: 'ECDHE_PSK_WITH_AES_128_GCM_SHA256' } };
const ecdsa: Setting = {
  ...psk,
  server: { suite: 'ECDHE_ECDSA_WITH_AES_128_CCM_8', signingKey: serverKeys.privateKey },
};
const resuming: Setting = {
  context: clientContext({ session }),
  server: { ...ecdsa.server, resumedMasterSecret: session.masterSecret },
};
const withTicket = ({ context, server }: Setting): Setting => ({
  context,
  server: { ...server, extensions: { sessionTicket: true } },
});

const end = 'ChangeCipherSpec Finished';

describe('the words that connect are the flights of RFC 6347, and no others', () => {
  test.each<[string, Setting, string]>([
    ['PSK', psk, `HelloVerifyRequest* ServerHello [ServerKeyExchange] ServerHelloDone psk ${end}`],
    ['ECDHE_PSK', ecdhePsk, `HelloVerifyRequest* ServerHello ServerKeyExchange ServerHelloDone psk ${end}`],
    [
      'ECDHE_ECDSA',
      ecdsa,
      `HelloVerifyRequest* ServerHello Certificate peer ServerKeyExchange [CertificateRequest] ServerHelloDone ${end}`,
    ],
    [
      'PSK with a ticket',
      withTicket(psk),
      `HelloVerifyRequest* ServerHello [ServerKeyExchange] ServerHelloDone psk NewSessionTicket ${end}`,
    ],
    ['a session that is resumed', resuming, `HelloVerifyRequest* ServerHello ${end}`],
    [
      'a session that is resumed and gets a ticket',
      withTicket(resuming),
      `HelloVerifyRequest* ServerHello NewSessionTicket ${end}`,
    ],
  ])('%s', (_name, setting, pattern) => {
    expect(connectingWords(setting)).toEqual(wordsOf(pattern));
  });
});
