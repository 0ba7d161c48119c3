import { expect, test } from 'vitest';
import { KEY, World } from '../transport/world.ts';

test('a client shows its one identity whatever the server hints at (RFC 4279 §5.2)', async () => {
  const world = new World();
  const server = await world.server({ server: { psk: () => KEY, pskIdentityHint: 'somebody else' } });
  const client = await world.client('dev1');
  await world.connect(client, server);
  expect(server.associations).toMatchObject([{ identity: { kind: 'psk', identity: 'dev1' } }]);
});

test('an identity of 128 bytes and a key of 64 do (RFC 4279 §5.3)', async () => {
  const world = new World();
  const key = new Uint8Array(64).fill(0xa5);
  const identity = 'i'.repeat(128);
  const server = await world.server({ server: { psk: (asked) => (asked === identity ? key : undefined) } });
  const client = await world.client(identity, '10.0.1.1', { client: { psk: { identity, key } } });
  await world.connect(client, server);
  expect(server.associations).toMatchObject([{ identity: { kind: 'psk', identity } }]);
});
