import { describe, expect, it } from 'vitest';
import { seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { HandshakeType } from '../../../src/handshake/handshake-message.ts';
import type { HandshakeInput } from '../../../src/handshake/machine.ts';
import { serverResumption } from '../../../src/resumption/server-resumption.ts';
import type { TestClient } from '../../support/test-client.ts';
import {
  certifiedIdentity,
  deviceKey,
  ecdsaTalk,
  ECDHE_PSK_SUITE,
  ServerTalk,
  strangerKey,
  trustedDevice,
} from '../../support/test-client-talk.ts';

/** All that a client may say, and all answers. */
const letters: Readonly<Record<string, (client: TestClient) => HandshakeInput>> = {
  hello: (client) => client.clientHello(),
  oldHello: (client) => client.clientHello({ version: 0xfeff }),
  certificate: (client) => client.certificate(),
  emptyCertificate: (client) => client.certificate({ type: 0, chain: [] }),
  keyExchange: (client) => client.clientKeyExchange(),
  badKeyExchange: (client) => client.say(HandshakeType.clientKeyExchange, Uint8Array.of(0xff, 0xff, 1)),
  verify: (client) => client.certificateVerify(),
  verifyByStranger: (client) => client.certificateVerify({ privateKey: strangerKey }),
  verifyOfLess: (client) => client.certificateVerify({ signed: client.transcript.slice(0, -1) }),
  verifyInEpoch1: (client) => client.certificateVerify({ epoch: 1 }),
  changeCipherSpec: (client) => client.changeCipherSpec(),
  finished: (client) => client.finished(),
  wrongFinished: (client) => client.finished({ change: (data) => data.map((byte) => byte ^ 1) }),
  plainFinished: (client) => client.finished({ epoch: 0 }),
  key: () => ({ kind: 'psk', key: deviceKey }),
  noKey: () => ({ kind: 'psk', key: undefined }),
  trust: () => ({ kind: 'peer', verdict: trustedDevice }),
  distrust: () => ({ kind: 'peer', verdict: { trusted: false, alert: 'unknown_ca', reason: 'unknown' } }),
};

/** Every word that does not fail leads somewhere: follows them all, and gives those that end in `connected`. */
function wordsToConnected(make: () => ServerTalk): string[] {
  const found: string[] = [];
  let walked: string[][] = [[]];
  while (walked.length > 0) {
    const next: string[][] = [];
    for (const word of walked) {
      for (const letter of Object.keys(letters)) {
        const longer = [...word, letter];
        const talk = say(make(), longer);
        if (talk.connection !== undefined) found.push(longer.join(' '));
        if (talk.connection === undefined && talk.error === undefined) next.push(longer);
        else expectEnd(talk, longer);
      }
    }
    walked = next;
  }
  return found;
}

/** Nothing that is said after the end does anything, and an identity is there only if it was proven. */
function expectEnd(talk: ServerTalk, word: readonly string[]): void {
  const outputs = talk.outputs.length;
  for (const letter of Object.values(letters)) talk.hear(letter(talk.client));
  expect(talk.outputs, word.join(' ')).toHaveLength(outputs);
  const { connection } = talk;
  if (connection === undefined || connection.resumed || connection.identity.kind === 'anonymous') return;
  const proof = connection.identity.kind === 'psk' ? 'key' : 'verify';
  expect(word.slice(0, word.indexOf('changeCipherSpec')), word.join(' ')).toContain(proof);
  expect(connection.identity).toEqual(proof === 'key' ? { kind: 'psk', identity: 'dev1' } : certifiedIdentity);
}

function say(talk: ServerTalk, word: readonly string[]): ServerTalk {
  for (const letter of word) talk.hear(letters[letter]!(talk.client));
  return talk;
}

describe('the words that lead to an association', () => {
  it.each([{ suites: ['PSK_WITH_AES_128_CCM_8'] }, { suites: [ECDHE_PSK_SUITE] }])('with $suites', ({ suites }) => {
    expect(wordsToConnected(() => new ServerTalk({ silent: true, client: { suites } }))).toEqual([
      'hello keyExchange key changeCipherSpec finished',
    ]);
  });

  it('with a certificate on both sides', () => {
    expect(wordsToConnected(() => ecdsaTalk({ silent: true }))).toEqual([
      'hello certificate trust keyExchange verify changeCipherSpec finished',
    ]);
  });

  it('with a certificate of the server alone', () => {
    expect(wordsToConnected(() => ecdsaTalk({ silent: true, server: { clientCertificates: 'none' } }))).toEqual([
      'hello keyExchange changeCipherSpec finished',
    ]);
  });

  it('with a session that is resumed', () => {
    const resumption = serverResumption({
      clock: new VirtualClock(),
      random: seededRandom(5),
      limits: { sessions: 10, sessionMs: 3_600_000 },
    });
    const before = new ServerTalk({ server: { resumption } }).full();
    const { sessionId } = before.serverHello;
    const session = resumption.findById(sessionId);
    // A session that no word can forget.
    const server = { resumption: { ...resumption, findById: () => session }, random: seededRandom(12) };
    const client = { hello: { sessionId }, resumedMasterSecret: before.client.masterSecret! };
    expect(wordsToConnected(() => new ServerTalk({ silent: true, server, client }))).toEqual([
      'hello changeCipherSpec finished',
    ]);
  });
});
