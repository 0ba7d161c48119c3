import { expect, test } from 'vitest';
import { CIPHER_SUITES } from '../../src/cipher-suites.ts';
import { World } from '../transport/world.ts';

// The registry of IANA, by the RFC that has registered each.
const REGISTERED: Readonly<Record<string, number>> = {
  ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 0xc02b, // RFC 5289 §3.2
  ECDHE_ECDSA_WITH_AES_128_CCM: 0xc0ac, // RFC 7251 §2
  ECDHE_ECDSA_WITH_AES_128_CCM_8: 0xc0ae, // RFC 7251 §2
  ECDHE_PSK_WITH_AES_128_GCM_SHA256: 0xd001, // RFC 8442 §4
  ECDHE_PSK_WITH_AES_128_CCM_SHA256: 0xd005, // RFC 8442 §4
  ECDHE_PSK_WITH_AES_128_CCM_8_SHA256: 0xd003, // RFC 8442 §4
  PSK_WITH_AES_128_GCM_SHA256: 0x00a8, // RFC 5487 §2
  PSK_WITH_AES_128_CCM: 0xc0a4, // RFC 6655 §4
  PSK_WITH_AES_128_CCM_8: 0xc0a8, // RFC 6655 §4
  ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 0xc023, // RFC 5289 §3.1
  PSK_WITH_AES_128_CBC_SHA256: 0x00ae, // RFC 5487 §3
};

test('each suite has its registered number', () => {
  expect(Object.fromEntries(CIPHER_SUITES.map(({ name, id }) => [name, id]))).toEqual(REGISTERED);
});

test('no suite is without encryption or authentication, none has RC4, SHA-1 or RSA, and none but CBC has to be asked for', () => {
  for (const { name, optIn } of CIPHER_SUITES) {
    expect(name).toMatch(/^(PSK|ECDHE_PSK|ECDHE_ECDSA)_WITH_AES_128_(GCM|CCM|CCM_8|CBC)(_SHA256)?$/);
    expect(optIn).toBe(name.includes('_CBC_'));
  }
});

test.each([
  ['as it is', undefined, false],
  ['that names it', ['PSK_WITH_AES_128_CCM_8', 'PSK_WITH_AES_128_CBC_SHA256'], true],
])('a client that has nothing but CBC, with a server %s', async (_what, cipherSuites, connects) => {
  const world = new World();
  const server = await world.server(cipherSuites === undefined ? {} : { cipherSuites });
  const client = await world.client('dev1', '10.0.1.1', { cipherSuites: ['PSK_WITH_AES_128_CBC_SHA256'] });
  if (connects) await world.say(client, await world.connect(client, server), server, 'hello');
  else await expect(world.connect(client, server)).rejects.toMatchObject({ alert: 'handshake_failure' });
});
