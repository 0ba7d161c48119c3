import { expect, test } from 'vitest';
import { ECDSA_SUITE, PSK_SUITE, serverCredential, ServerTalk } from '../support/test-client-talk.ts';

const server = {
  choosesByServerName: true,
  credentialFor: (name: string | undefined) => (name === 'a.example' ? serverCredential : undefined),
};
const begin = (suites: readonly string[], serverName: string | undefined) =>
  new ServerTalk({ server, client: { suites, extensions: { serverName } } }).begin();

test('a server name that has no credential ends with unrecognized_name (RFC 6066 §3)', () => {
  const { error } = begin([ECDSA_SUITE], 'b.example');
  expect(error?.alert).toBe('unrecognized_name');
  expect(error?.message).toContain('no credential for the server name');
  expect(begin([ECDSA_SUITE], 'a.example').error).toBeUndefined();
});

test('without a name there is none to recognize', () => {
  expect(begin([ECDSA_SUITE], undefined).error?.alert).toBe('handshake_failure');
});

test('a client that has a pre-shared key as well goes on with that', () => {
  expect(begin([ECDSA_SUITE, PSK_SUITE], 'b.example').serverHello.cipherSuite).toBe(0xc0a8);
});
