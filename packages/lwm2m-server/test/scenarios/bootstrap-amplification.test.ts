import { Code } from '@flownexus/coap';
import type { PeerIdentity } from '@flownexus/datagram';
import { expect, test } from 'vitest';
import { serverAccount, type BootstrapConfiguration } from '../../src/index.ts';
import { inWords, SERVER } from '../scripted-device.ts';
import { BootstrapScene } from './bootstrap-scene.ts';
import { request, serve } from './bootstrapping.ts';

const ID: PeerIdentity = { kind: 'psk', identity: 'id' };
/** The first thing that is done with it is a large Write. */
const LARGE: BootstrapConfiguration = {
  deletes: [],
  instances: serverAccount({
    shortServerId: 1,
    uri: 'coaps://192.0.2.1',
    securityInstanceId: 1,
    security: {
      mode: 'x509',
      certificate: new Uint8Array(600),
      secretKey: new Uint8Array(140),
      serverCertificate: new Uint8Array(600),
    },
  }),
};

test('an address that is not proven gets no more than a few small messages', async () => {
  const scene = await BootstrapScene.start();
  scene.configurations.set('open', LARGE);
  scene.device().request(Code.POST, { path: ['bs'], query: ['ep=open'] });

  await scene.clock.advanceAsync(300_000);

  const sent = scene.network.log.filter(({ from }) => from.port === SERVER.port);
  const bytes = sent.reduce((sum, datagram) => sum + datagram.bytes.length, 0);
  expect(bytes).toBeLessThan(150);
  expect(scene.server.statistics).toMatchObject({ sessions: 0, bootstrapFailures: 1 });
});

test('a device that answers is written to, whatever it answers', async () => {
  const scene = await BootstrapScene.start();
  scene.configurations.set('open', LARGE);
  const device = scene.device();
  const { first } = await request(device, 'ep=open');
  const heard = await serve(device, first, { 'GET 0 accept=40': () => [Code.NOT_FOUND] });
  expect(heard.filter((words) => !words.startsWith('PUT 0/1'))).toEqual(['GET 0 accept=40', 'PUT 1/1', 'POST bs']);
  expect(scene.log).toEqual(['finished open, anonymous']);
});

test('who has proven who it is needs no such question', async () => {
  const scene = await BootstrapScene.start();
  scene.configurations.set('dev', LARGE);
  const { first } = await request(scene.device(ID));
  expect(first && inWords(first)).toBe('CON PUT 0/1');
});
