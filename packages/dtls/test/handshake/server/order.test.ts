import { describe, expect, it } from 'vitest';
import { HandshakeType } from '../../../src/handshake/handshake-message.ts';
import type { HandshakeInput } from '../../../src/handshake/machine.ts';
import { serverMachine } from '../../../src/handshake/server/server-machine.ts';
import type { TestClient } from '../../support/test-client.ts';
import {
  deviceKey,
  ecdsaTalk,
  serverContext,
  ServerTalk,
  trustedDevice,
  type ServerTalkOptions,
} from '../../support/test-client-talk.ts';

type Says = (client: TestClient) => HandshakeInput;

const hello: Says = (client) => client.clientHello();
const certificate: Says = (client) => client.certificate();
const emptyCertificate: Says = (client) => client.certificate({ type: 0, chain: [] });
const keyExchange: Says = (client) => client.clientKeyExchange();
const certificateVerify: Says = (client) => client.certificateVerify();
const changeCipherSpec: Says = (client) => client.changeCipherSpec();
const finished: Says = (client) => client.finished();
const plainFinished: Says = (client) => client.finished({ epoch: 0 });
const answerPsk: Says = () => ({ kind: 'psk', key: deviceKey });
const answerPeer: Says = () => ({ kind: 'peer', verdict: trustedDevice });

interface Deviation {
  readonly what: string;
  readonly talk?: () => ServerTalk;
  readonly right: readonly Says[];
  readonly wrong: Says;
}

const psk = (options: ServerTalkOptions = {}) => new ServerTalk(options);
const anonymous = () => ecdsaTalk({ server: { clientCertificates: 'none' } });

const deviations: readonly Deviation[] = [
  { what: 'ClientKeyExchange first', right: [], wrong: keyExchange },
  { what: 'Finished first', right: [], wrong: finished },
  { what: 'ChangeCipherSpec first', right: [], wrong: changeCipherSpec },
  { what: 'a key that nobody asked for', right: [], wrong: answerPsk },
  { what: 'a verdict that nobody asked for', right: [], wrong: answerPeer },
  { what: 'a second ClientHello', right: [hello], wrong: hello },
  { what: 'ChangeCipherSpec before ClientKeyExchange', right: [hello], wrong: changeCipherSpec },
  { what: 'Finished before ClientKeyExchange', right: [hello], wrong: finished },
  { what: 'Finished in epoch 0 before ClientKeyExchange', right: [hello], wrong: plainFinished },
  { what: 'a certificate that was not asked for, with PSK', right: [hello], wrong: certificate },
  { what: 'an empty certificate that was not asked for, with PSK', right: [hello], wrong: emptyCertificate },
  { what: 'CertificateVerify with PSK', right: [hello, keyExchange], wrong: certificateVerify },
  { what: 'a second ClientKeyExchange', right: [hello, keyExchange], wrong: keyExchange },
  { what: 'Finished without ChangeCipherSpec', right: [hello, keyExchange], wrong: finished },
  { what: 'Finished in epoch 0 without ChangeCipherSpec', right: [hello, keyExchange], wrong: plainFinished },
  { what: 'a second answer', right: [hello, keyExchange], wrong: answerPsk },
  { what: 'ChangeCipherSpec twice', right: [hello, keyExchange, changeCipherSpec], wrong: changeCipherSpec },
  { what: 'Finished in epoch 0', right: [hello, keyExchange, changeCipherSpec], wrong: plainFinished },
  {
    what: 'ClientKeyExchange after ChangeCipherSpec',
    right: [hello, keyExchange, changeCipherSpec],
    wrong: keyExchange,
  },
  { what: 'a ClientHello after ChangeCipherSpec', right: [hello, keyExchange, changeCipherSpec], wrong: hello },
  { what: 'ClientKeyExchange before Certificate', talk: ecdsaTalk, right: [hello], wrong: keyExchange },
  { what: 'CertificateVerify before Certificate', talk: ecdsaTalk, right: [hello], wrong: certificateVerify },
  {
    what: 'CertificateVerify before ClientKeyExchange',
    talk: ecdsaTalk,
    right: [hello, certificate],
    wrong: certificateVerify,
  },
  { what: 'a second Certificate', talk: ecdsaTalk, right: [hello, certificate], wrong: certificate },
  {
    what: 'no CertificateVerify but ChangeCipherSpec',
    talk: ecdsaTalk,
    right: [hello, certificate, keyExchange],
    wrong: changeCipherSpec,
  },
  {
    what: 'no CertificateVerify but Finished',
    talk: ecdsaTalk,
    right: [hello, certificate, keyExchange],
    wrong: finished,
  },
  {
    what: 'a second CertificateVerify',
    talk: ecdsaTalk,
    right: [hello, certificate, keyExchange, certificateVerify],
    wrong: certificateVerify,
  },
  {
    what: 'CertificateVerify after ChangeCipherSpec',
    talk: ecdsaTalk,
    right: [hello, certificate, keyExchange, certificateVerify, changeCipherSpec],
    wrong: certificateVerify,
  },
  { what: 'a certificate of an anonymous client', talk: anonymous, right: [hello], wrong: certificate },
  {
    what: 'CertificateVerify of an anonymous client',
    talk: anonymous,
    right: [hello, keyExchange],
    wrong: certificateVerify,
  },
];

/** Messages of a server, and types that there are not. */
const neverTaken = [
  HandshakeType.helloRequest,
  HandshakeType.serverHello,
  HandshakeType.helloVerifyRequest,
  HandshakeType.newSessionTicket,
  HandshakeType.serverKeyExchange,
  HandshakeType.certificateRequest,
  HandshakeType.serverHelloDone,
  22,
  255,
];

const fullWord: readonly Says[] = [hello, certificate, keyExchange, certificateVerify, changeCipherSpec, finished];

function hear(talk: ServerTalk, word: readonly Says[]): ServerTalk {
  for (const says of word) talk.hear(says(talk.client));
  return talk;
}

describe('the order of messages', () => {
  it.each(deviations)('ends the handshake: $what', ({ talk: make = psk, right, wrong }) => {
    const talk = hear(make(), right);
    expect(talk.error).toBeUndefined();
    hear(talk, [wrong]);
    expect(talk.error).toMatchObject({ code: 'ERR_DTLS_HANDSHAKE', alert: 'unexpected_message' });
    expect(talk.state).toEqual({ kind: 'failed' });
    // Nothing brings it back.
    const said = talk.said.length;
    hear(talk, fullWord);
    expect(talk.said).toHaveLength(said);
  });

  it.each(neverTaken)('ends the handshake with a message of type %i at any time', (type) => {
    for (let length = 0; length < fullWord.length; length += 1) {
      for (const epoch of [0, 1]) {
        const talk = hear(ecdsaTalk(), fullWord.slice(0, length));
        talk.hear(talk.client.say(type, new Uint8Array(0), { epoch }));
        expect(talk.error?.alert).toBe('unexpected_message');
      }
    }
  });

  it.each([1, 2, 65_535])('takes no message but Finished from epoch %i', (epoch) => {
    for (let length = 0; length < fullWord.length; length += 1) {
      const talk = hear(ecdsaTalk(), fullWord.slice(0, length));
      const input = fullWord[length]!(talk.client);
      if (input.kind !== 'message' || (input.message.type === HandshakeType.finished && epoch === 1)) continue;
      talk.hear({ ...input, epoch });
      expect(talk.error?.alert).toBe('unexpected_message');
    }
  });

  it.each([-1, 1])('takes no message whose message_seq is %i from the one that is due', (shift) => {
    for (let length = 1; length < fullWord.length; length += 1) {
      const talk = hear(ecdsaTalk(), fullWord.slice(0, length));
      const input = fullWord[length]!(talk.client);
      if (input.kind !== 'message') continue;
      const message = { ...input.message, sequence: input.message.sequence + shift };
      talk.hear({ ...input, message });
      expect(talk.error?.alert).toBe('unexpected_message');
    }
  });

  it('says what it got and where', () => {
    const talk = hear(psk(), [hello, keyExchange, changeCipherSpec, plainFinished]);
    expect(talk.error?.message).toBe('awaitFinished: finished in epoch 0 is not what comes next');
  });

  it('bounds what a handshake says in all', () => {
    const talk = ecdsaTalk().begin();
    const chain = [new Uint8Array(16_000), new Uint8Array(16_700)];
    talk.hear(talk.client.certificate({ type: 0, chain }));
    expect(talk.error?.code).toBe('ERR_DTLS_LIMIT');
  });
});

describe('serverMachine', () => {
  it('says when it waits for an answer and when a ChangeCipherSpec is due', () => {
    const talk = ecdsaTalk({ silent: true });
    const machine = serverMachine(serverContext());
    expect(machine.start()).toEqual([]);
    const seen: string[] = [];
    const note = (says: Says): void => {
      const outputs = machine.step(says(talk.client));
      for (const output of outputs) if (output.kind === 'send') talk.client.receive(output.flight);
      seen.push(machine.isWaiting ? 'waiting' : machine.expectsChangeCipherSpec ? 'ccs' : 'message');
    };
    [hello, certificate, answerPeer, keyExchange, certificateVerify, changeCipherSpec, finished].forEach(note);
    expect(seen).toEqual(['message', 'waiting', 'message', 'message', 'ccs', 'message', 'message']);
    expect(talk.client.finishedIsRight).toBe(true);
  });

  it('never throws, and keeps its failure to itself once told', () => {
    const machine = serverMachine(serverContext());
    expect(machine.step({ kind: 'changeCipherSpec' })).toMatchObject([{ kind: 'failed' }]);
    expect(machine.step({ kind: 'changeCipherSpec' })).toEqual([]);
    expect(machine.isWaiting).toBe(false);
    expect(machine.expectsChangeCipherSpec).toBe(false);
  });
});
