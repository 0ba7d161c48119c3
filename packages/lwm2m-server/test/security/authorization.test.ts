import { describe, expect, test } from 'vitest';
import { formatCode } from '@flownexus/coap';
import { ANONYMOUS, type PeerIdentity } from '@flownexus/datagram';
import { MemoryCredentialStore, type CredentialStore } from '../../src/index.ts';
import type { MaybePromise } from '../../src/maybe-promise.ts';
import { RefusalError } from '../../src/registration/refusal-error.ts';
import { Authorization } from '../../src/security/authorization.ts';

const psk = (identity: string): PeerIdentity => ({ kind: 'psk', identity });
const inWords = (error: unknown): string => {
  if (error instanceof RefusalError) return `${formatCode(error.responseCode)} ${error.message}`;
  throw error;
};

function outcome(ask: () => MaybePromise<string>): MaybePromise<string> {
  try {
    const answer = ask();
    return answer instanceof Promise ? answer.catch(inWords) : answer;
  } catch (error) {
    return inWords(error);
  }
}

const store = new MemoryCredentialStore();
store.set('dev', { mode: 'psk', identity: 'id', key: Uint8Array.of(1) });
store.set('a\nb', { mode: 'psk', identity: 'odd', key: Uint8Array.of(1) });
const other = new MemoryCredentialStore();
other.set('second', { mode: 'psk', identity: 'id2', key: Uint8Array.of(1) });

const later: CredentialStore = {
  pskKey: (identity) => Promise.resolve(store.pskKey(identity)),
  endpointNameOf: (identity) => Promise.resolve(store.endpointNameOf(identity)),
  isSecured: (name) => Promise.resolve(store.isSecured(name)),
  onChange: (listener) => store.onChange(listener),
};

const cases: [string, PeerIdentity, string | undefined, string][] = [
  ['its own name', psk('id'), 'dev', 'dev'],
  ['no name: it is that of the identity', psk('id'), undefined, 'dev'],
  ['the name of another', psk('id'), 'second', '4.00 the identity belongs to another endpoint'],
  ['the name of nobody', psk('id'), 'third', '4.00 the identity belongs to another endpoint'],
  ['an identity of another store', psk('id2'), 'second', 'second'],
  ['an identity that is not known', psk('dev'), 'dev', '4.03 the identity belongs to no endpoint'],
  ['an identity that is not known, without a name', psk('x'), undefined, '4.03 the identity belongs to no endpoint'],
  ['a name in the store that is none', psk('odd'), undefined, '4.00 the endpoint name has a control character'],
  ['nobody as an endpoint without a credential', ANONYMOUS, 'third', 'third'],
  ['nobody as a secured endpoint', ANONYMOUS, 'dev', '4.03 the endpoint has a credential: it comes over DTLS'],
  ['nobody as one of the other store', ANONYMOUS, 'second', '4.03 the endpoint has a credential: it comes over DTLS'],
  ['nobody without a name', ANONYMOUS, undefined, '4.00 ep is missing'],
];

test.each(cases)('%s, at once', (_name, identity, asked, expected) => {
  const authorization = new Authorization([store, other]);
  expect(outcome(() => authorization.endpointName(identity, asked))).toBe(expected);
});

test.each(cases)('%s, later', async (_name, identity, asked, expected) => {
  const authorization = new Authorization([later, other]);
  expect(await outcome(() => authorization.endpointName(identity, asked))).toBe(expected);
});

describe('without a store', () => {
  test.each<[string, PeerIdentity, string]>([
    ['a PSK identity', psk('urn:imei:1'), 'urn:imei:1'],
    ['a common name', { kind: 'x509', certificate: Uint8Array.of(1), commonName: 'device-7' }, 'device-7'],
    [
      'a certificate without',
      { kind: 'x509', certificate: Uint8Array.of(1), commonName: undefined },
      '4.00 ep is missing',
    ],
    ['a raw public key', { kind: 'rpk', publicKey: Uint8Array.of(1) }, '4.00 ep is missing'],
    ['a PSK identity with a control character', psk('a\0'), '4.00 the endpoint name has a control character'],
    ['an empty PSK identity', psk(''), '4.00 ep is missing'],
    ['nothing', ANONYMOUS, '4.00 ep is missing'],
  ])('a name that is not said is that of %s', (_name, identity, expected) => {
    expect(outcome(() => new Authorization([]).endpointName(identity, undefined))).toBe(expected);
  });

  test('every peer may be every endpoint', () => {
    expect(new Authorization([]).endpointName(ANONYMOUS, 'dev')).toBe('dev');
    expect(new Authorization([]).endpointName(psk('id'), 'dev')).toBe('dev');
  });
});

describe('after a restart a peer is still the endpoint', () => {
  test.each<[string, PeerIdentity, string, boolean]>([
    ['that its identity belongs to', psk('id'), 'dev', true],
    ['that its identity belongs to in another store', psk('id2'), 'second', true],
    ['that its identity belongs to no more', psk('id'), 'second', false],
    ['with an identity of nobody', psk('gone'), 'dev', false],
    ['without an identity, as long as it has no credential', ANONYMOUS, 'third', true],
    ['without an identity, and with a credential', ANONYMOUS, 'dev', false],
  ])('%s', async (_name, identity, endpointName, expected) => {
    expect(new Authorization([store, other]).isStill(identity, endpointName)).toBe(expected);
    expect(await new Authorization([later, other]).isStill(identity, endpointName)).toBe(expected);
    expect(new Authorization([]).isStill(identity, endpointName)).toBe(true);
  });
});
