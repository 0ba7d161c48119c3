import { MemoryNetwork, VirtualClock } from '@flownexus/datagram/testing';
import type { PeerIdentity } from '@flownexus/datagram';
import { expect, test } from 'vitest';
import { MemoryCredentialStore, type ServerEndpoint } from '../../src/index.ts';
import { IdentifiedTransport } from '../identified-transport.ts';
import { SERVER, Stage } from '../scripted-device.ts';

const identity: PeerIdentity = { kind: 'psk', identity: 'device-1' };

test('an identity is that of the store which has proven it, whatever another store calls so', async () => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock);
  const first = new MemoryCredentialStore();
  const second = new MemoryCredentialStore();
  first.set('of-the-first', { mode: 'psk', identity: 'device-1', key: Uint8Array.of(1) });
  second.set('of-the-second', { mode: 'psk', identity: 'device-1', key: Uint8Array.of(2) });
  const transport = new IdentifiedTransport(network.transport(SERVER));
  const endpoints: ServerEndpoint[] = [
    { credentials: first, createTransport: () => network.transport({ host: '10.0.0.77', port: 5684 }) },
    { credentials: second, createTransport: () => transport },
  ];
  const stage = new Stage({ endpoints }, { clock, network });
  await stage.server.start();
  transport.identify(1000, identity);
  const device = stage.device(1000);
  expect(await device.register('lwm2m=1.1&lt=60&ep=of-the-first')).toBe('4.00');
  expect(await device.register('lwm2m=1.1&lt=60')).toBe('2.01');
  expect([...stage.server.registrations()].map(({ endpointName }) => endpointName)).toEqual(['of-the-second']);
});
