import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';
import { concatBytes } from '../../src/bytes.ts';
import { trafficKeys, transcriptHash, verifyData } from '../../src/crypto/key-schedule.ts';
import { serverKeyExchangeData, verify } from '../../src/crypto/signature.ts';
import type { Role } from '../../src/crypto/traffic-keys.ts';
import { CookieJar } from '../../src/handshake/cookie.ts';
import { type HandshakeMessage, HandshakeType } from '../../src/handshake/handshake-message.ts';
import { Reassembler } from '../../src/handshake/reassembler.ts';
import { statelessHello } from '../../src/handshake/stateless-hello.ts';
import { type CertificateMessage, decodeCertificate, encodeCertificate } from '../../src/messages/certificate.ts';
import { decodeCertificateRequest, encodeCertificateRequest } from '../../src/messages/certificate-request.ts';
import { decodeCertificateVerify, encodeCertificateVerify } from '../../src/messages/certificate-verify.ts';
import { decodeClientHello, encodeClientHello } from '../../src/messages/client-hello.ts';
import { decodeClientKeyExchange, encodeClientKeyExchange } from '../../src/messages/client-key-exchange.ts';
import { decodeEmpty, decodeFinished } from '../../src/messages/finished.ts';
import { decodeHelloVerifyRequest, encodeHelloVerifyRequest } from '../../src/messages/hello-verify-request.ts';
import { decodeNewSessionTicket, encodeNewSessionTicket } from '../../src/messages/new-session-ticket.ts';
import { decodeServerHello, encodeServerHello } from '../../src/messages/server-hello.ts';
import {
  decodeServerKeyExchange,
  encodeEcdhParameters,
  encodeServerKeyExchange,
} from '../../src/messages/server-key-exchange.ts';
import { MAX_PLAINTEXT } from '../../src/limits.ts';
import { ProtectedEpoch } from '../../src/records/protected-epoch.ts';
import { ContentType } from '../../src/records/record.ts';
import { toHex } from '../hex.ts';
import { CAPTURED_FLIGHTS, type Conversation, conversationOf, recordsOf } from '../support/captured-flights.ts';

const cases = CAPTURED_FLIGHTS.map((flight) => ({ name: flight.name, flight, conversation: conversationOf(flight) }));
const roles = ['client', 'server'] as const;

/** The type that the sender was told to use (RFC 7250 §4.2). */
function certificateType({ serverHello }: Conversation, sender: Role): CertificateMessage['type'] {
  const { clientCertificateType, serverCertificateType } = serverHello.extensions;
  return (sender === 'client' ? clientCertificateType : serverCertificateType) === 2 ? 2 : 0;
}

/** What a message encodes to after it was decoded. */
function again(conversation: Conversation, sender: Role, { type, body }: HandshakeMessage): Uint8Array {
  const { keyExchange } = conversation.suite;
  switch (type) {
    case HandshakeType.helloVerifyRequest:
      return encodeHelloVerifyRequest(decodeHelloVerifyRequest(body));
    case HandshakeType.certificate:
      return encodeCertificate(decodeCertificate(body, certificateType(conversation, sender)));
    case HandshakeType.serverKeyExchange:
      return encodeServerKeyExchange(decodeServerKeyExchange(body, keyExchange));
    case HandshakeType.certificateRequest:
      return encodeCertificateRequest(decodeCertificateRequest(body));
    case HandshakeType.certificateVerify:
      return encodeCertificateVerify(decodeCertificateVerify(body));
    case HandshakeType.clientKeyExchange:
      return encodeClientKeyExchange(decodeClientKeyExchange(body, keyExchange));
    case HandshakeType.newSessionTicket:
      return encodeNewSessionTicket(decodeNewSessionTicket(body));
    case HandshakeType.serverHelloDone:
      decodeEmpty(body);
      return body;
    default:
      throw new Error(`message type ${type} was not expected`);
  }
}

const isHello = ({ type }: HandshakeMessage) =>
  type === HandshakeType.clientHello || type === HandshakeType.serverHello;

describe.each(cases)('$name', ({ flight, conversation }) => {
  const { messages, suite, clientHello, serverHello } = conversation;
  const isResumed = !messages.client.some(({ type }) => type === HandshakeType.clientKeyExchange);

  test('messages decode and encode to the bytes that they were', () => {
    for (const sender of roles) {
      for (const message of messages[sender]) {
        if (!isHello(message)) expect(again(conversation, sender, message)).toEqual(message.body);
      }
    }
  });

  test('hellos decode to the same after encoding', () => {
    expect(decodeClientHello(encodeClientHello(clientHello))).toEqual(clientHello);
    expect(decodeServerHello(encodeServerHello(serverHello))).toEqual(serverHello);
  });

  test('both ClientHellos are read without memory, and differ in the cookie alone', () => {
    const hellos = recordsOf(flight, 'client', 0).map(statelessHello);
    expect(hellos.slice(0, 2).map((one) => one?.message)).toEqual(messages.client.slice(0, 2));
    const [first, second] = hellos.slice(0, 2).map((one) => one && decodeClientHello(one.message.body));
    expect(second).toEqual({ ...first, cookie: second?.cookie });
    const [asked] = messages.server;
    if (asked === undefined) throw new Error('no HelloVerifyRequest');
    expect(second?.cookie).toEqual(decodeHelloVerifyRequest(asked.body).cookie);
    // The rest of their bytes is the same as well, or no cookie of ours would be accepted.
    const jar = new CookieJar({ random: seededRandom(1), clock: new VirtualClock(), lifetimeMs: 1_000 });
    const cookies = hellos.slice(0, 2).map((one) => one && toHex(jar.cookieFor('192.0.2.1', 5684, one)));
    expect(cookies[1]).toBe(cookies[0]);
  });

  test('the Finished of both sides fit the messages', () => {
    // RFC 6347 §4.2.1: the first ClientHello and the HelloVerifyRequest are left out.
    const [, hello, ...fromClient] = messages.client;
    const fromServer = messages.server.slice(1);
    const ticketAt = fromServer.findIndex(({ type }) => type === HandshakeType.newSessionTicket);
    const tickets = ticketAt < 0 || isResumed ? [] : fromServer.splice(ticketAt);
    const finished = { client: finishedOf('client'), server: finishedOf('server') };
    if (hello === undefined) throw new Error('no ClientHello');
    const common = [hello, ...fromServer, ...fromClient];
    const transcripts = isResumed
      ? { server: common, client: [...common, finished.server] }
      : { client: common, server: [...common, finished.client, ...tickets] };
    for (const sender of roles) {
      const expected = verifyData(flight.masterSecret, sender, transcriptHash(transcripts[sender]));
      expect(decodeFinished(finished[sender].body)).toEqual(expected);
    }
  });

  function finishedOf(sender: Role): HandshakeMessage {
    const first = Math.max(...messages[sender].map(({ sequence }) => sequence)) + 1;
    const reassembler = new Reassembler(first);
    const opened = openAll(sender);
    for (const { type, plaintext } of opened) if (type === ContentType.handshake) reassembler.add(plaintext);
    const message = reassembler.next();
    if (message?.type !== HandshakeType.finished) throw new Error('no Finished');
    return message;
  }

  function openAll(sender: Role) {
    const receiver: Role = sender === 'client' ? 'server' : 'client';
    const epoch = new ProtectedEpoch({
      role: receiver,
      keys: trafficKeys(
        suite,
        flight.masterSecret,
        clientHello.random,
        serverHello.random,
        serverHello.extensions.encryptThenMac,
      ),
      localCid: (receiver === 'client' ? clientHello : serverHello).extensions.connectionId,
      peerCid: undefined,
      maxPlaintext: MAX_PLAINTEXT,
    });
    return conversation.protectedRecords[sender].map((record) => {
      const opened = epoch.open(record);
      if (opened === undefined) throw new Error(`record ${record.sequence} does not open`);
      return opened;
    });
  }
});

const signedCases = cases.filter(({ conversation }) => conversation.suite.keyExchange === 'ecdhe_ecdsa');

describe.each(signedCases)('$name', ({ conversation }) => {
  const { messages, clientHello, serverHello } = conversation;

  test('the server has signed its parameters', () => {
    const { ecdh, signed } = decodeServerKeyExchange(
      find('server', HandshakeType.serverKeyExchange).body,
      'ecdhe_ecdsa',
    );
    if (ecdh === undefined || signed === undefined) throw new Error('nothing is signed');
    const data = serverKeyExchangeData(clientHello.random, serverHello.random, encodeEcdhParameters(ecdh));
    expect(verify(publicKeyOf('server'), signed.scheme, data, signed.signature)).toBe(true);
  });

  test('the client has signed the messages up to its ClientKeyExchange', () => {
    const { scheme, signature } = decodeCertificateVerify(find('client', HandshakeType.certificateVerify).body);
    const [, hello, ...fromClient] = messages.client;
    const fromServer = messages.server.slice(1).filter(({ type }) => type !== HandshakeType.newSessionTicket);
    const covered = [hello, ...fromServer, ...fromClient.slice(0, -1)].flatMap((message) => message?.raw ?? []);
    expect(verify(publicKeyOf('client'), scheme, concatBytes(...covered), signature)).toBe(true);
  });

  function find(sender: Role, type: number): HandshakeMessage {
    const found = messages[sender].find((message) => message.type === type);
    if (found === undefined) throw new Error(`no message of type ${type}`);
    return found;
  }

  function publicKeyOf(sender: Role): KeyObject {
    const message = decodeCertificate(
      find(sender, HandshakeType.certificate).body,
      certificateType(conversation, sender),
    );
    if (message.type === 2) {
      return createPublicKey({ key: Buffer.from(message.publicKey), format: 'der', type: 'spki' });
    }
    const [own, issuer] = message.chain.map((der) => new X509Certificate(der));
    if (own === undefined || issuer === undefined) throw new Error('expected a chain of two');
    expect(own.checkIssued(issuer)).toBe(true);
    return own.publicKey;
  }
});
