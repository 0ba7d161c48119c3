import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes } from '../../src/bytes.ts';
import {
  encodeFragment,
  type FragmentHeader,
  encodeHandshakeMessage,
  HandshakeType,
} from '../../src/handshake/handshake-message.ts';
import { statelessHello } from '../../src/handshake/stateless-hello.ts';
import { MAX_CLIENT_HELLO } from '../../src/limits.ts';
import { noClientExtensions } from '../../src/messages/client-extensions.ts';
import { encodeClientHello } from '../../src/messages/client-hello.ts';
import type { DtlsRecord } from '../../src/records/record.ts';

function helloBody(ticketLength = 0): Uint8Array {
  return encodeClientHello({
    version: 0xfefd,
    random: new Uint8Array(32).fill(7),
    sessionId: new Uint8Array(0),
    cookie: new Uint8Array(0),
    cipherSuites: [0xc0a8],
    compressionMethods: [0],
    extensions: { ...noClientExtensions, sessionTicket: new Uint8Array(ticketLength) },
  });
}

const body = helloBody();
const header: FragmentHeader = {
  type: HandshakeType.clientHello,
  sequence: 1,
  length: body.length,
  offset: 0,
  fragmentLength: body.length,
};
const record: DtlsRecord = {
  type: 22,
  version: 0xfefd,
  epoch: 0,
  sequence: 77,
  cid: undefined,
  fragment: encodeFragment(header, body),
};

const withHeader = (change: Partial<FragmentHeader>): DtlsRecord => ({
  ...record,
  fragment: encodeFragment({ ...header, ...change }, body),
});

describe('statelessHello', () => {
  test('a whole ClientHello', () => {
    expect(statelessHello(record)).toEqual({
      random: new Uint8Array(32).fill(7),
      cookie: new Uint8Array(0),
      message: encodeHandshakeMessage(HandshakeType.clientHello, 1, body),
      recordSequence: 77,
      recordVersion: 0xfefd,
    });
  });

  test('owns its bytes', () => {
    const fragment = record.fragment.slice();
    const hello = statelessHello({ ...record, fragment });
    fragment.fill(0xff);
    expect(hello).toEqual(statelessHello(record));
  });

  test.each<[string, DtlsRecord]>([
    ['another content type', { ...record, type: 23 }],
    ['a later epoch', { ...record, epoch: 1 }],
    ['an empty record', { ...record, fragment: new Uint8Array(0) }],
    ['half a header', { ...record, fragment: record.fragment.subarray(0, 11) }],
    ['another message', withHeader({ type: HandshakeType.serverHello })],
    ['a first fragment', withHeader({ length: body.length + 1 })],
    ['a later fragment', withHeader({ offset: 1 })],
    ['a fragment that is cut off', withHeader({ length: body.length + 1, fragmentLength: body.length + 1 })],
    ['bytes after the message', { ...record, fragment: concatBytes(record.fragment, Uint8Array.of(0)) }],
    ['a second message', { ...record, fragment: concatBytes(record.fragment, record.fragment) }],
    ['a message_seq that leaves the server no room', withHeader({ sequence: 65_535 })],
    [
      'a hello that ends before its cookie',
      { ...record, fragment: encodeHandshakeMessage(1, 0, body.subarray(0, 35)).raw },
    ],
    [
      'a hello with half a cookie',
      { ...record, fragment: encodeHandshakeMessage(1, 0, body.subarray(0, 36).with(35, 1)).raw },
    ],
  ])('%s is not', (_, one) => {
    expect(statelessHello(one)).toBeUndefined();
  });

  test('a hello whose rest breaks the format: who comes again with a cookie is told', () => {
    for (const broken of [body.subarray(0, 36), body.subarray(0, -1), concatBytes(body, Uint8Array.of(0))]) {
      const { raw } = encodeHandshakeMessage(1, 0, broken);
      expect(statelessHello({ ...record, fragment: raw })?.message.body).toEqual(broken);
    }
  });

  test('a hello up to the bound', () => {
    const at = (length: number) => {
      const longer = helloBody(length - body.length);
      return statelessHello({ ...record, fragment: encodeHandshakeMessage(1, 0, longer).raw });
    };
    expect(at(MAX_CLIENT_HELLO)?.message.body).toHaveLength(MAX_CLIENT_HELLO);
    expect(at(MAX_CLIENT_HELLO + 1)).toBeUndefined();
  });

  test('never throws', () => {
    const mutations = fc.array(fc.tuple(fc.nat(record.fragment.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(mutations, (changes) => {
        const fragment = record.fragment.slice();
        for (const [at, value] of changes) fragment[at] = value;
        statelessHello({ ...record, fragment });
      }),
      { numRuns: 1_000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (fragment) => {
        statelessHello({ ...record, fragment });
      }),
    );
  });
});
