import { Code, formatCode } from '@flownexus/coap';
import type { PeerIdentity } from '@flownexus/datagram';
import { describe, expect, test } from 'vitest';
import type { BootstrapConfiguration, BootstrapStore, EnrollmentAnswer } from '../../src/index.ts';
import { inWords } from '../scripted-device.ts';
import { ACCOUNT, BootstrapScene } from './bootstrap-scene.ts';
import { BootstrapStage, expectRefused, request, serve } from './bootstrapping.ts';
import { MemoryCredentialStore } from '../../src/index.ts';

const ID: PeerIdentity = { kind: 'psk', identity: 'id' };
const OTHER = { mode: 'psk', identity: 'other', key: Uint8Array.of(2) } as const;

function failuresOf({ server }: BootstrapScene): string[] {
  const failures: string[] = [];
  server.on('bootstrapFailed', ({ endpointName, reason }) => failures.push(`${endpointName}: ${reason}`));
  return failures;
}

describe('a session ends when its device is the endpoint no longer:', () => {
  test.each([
    ['its credential was removed', (scene: BootstrapScene) => scene.credentials.delete('dev')],
    ['it was given another', (scene: BootstrapScene) => scene.credentials.set('dev', OTHER)],
  ])('%s', async (_, change) => {
    const scene = await BootstrapScene.start();
    const failures = failuresOf(scene);
    const device = scene.device(ID);
    const { first } = await request(device);
    expect(first && inWords(first)).toBe('CON DELETE 0');

    change(scene);

    expect(failures).toEqual(['dev: the credential of the endpoint was changed']);
    expect(await serve(device, first)).toEqual(['DELETE 0']);
    expect(scene.server.statistics.sessions).toBe(0);
  });

  test('it had none, and has one now', async () => {
    const scene = await BootstrapScene.start();
    const failures = failuresOf(scene);
    const device = scene.device();
    const { first } = await request(device, 'ep=open');

    scene.credentials.set('open', OTHER);

    expect(failures).toEqual(['open: the credential of the endpoint was changed']);
    expect(await serve(device, first)).toEqual(['DELETE 0']);
  });

  test('on a server that has registrations too', async () => {
    const credentials = new MemoryCredentialStore();
    const stage = await BootstrapStage.begin({}, { credentials });
    stage.configurations.set('dev', ACCOUNT);
    const device = stage.device();
    const { first } = await request(device);
    credentials.set('dev', OTHER);
    expect(await serve(device, first)).toEqual(['DELETE 0']);
    expect(stage.taken()).toEqual(['started dev', 'failed dev: the credential of the endpoint was changed']);
  });
});

test('the session of another endpoint goes on, and that of a device which is still the same', async () => {
  const scene = await BootstrapScene.start();
  const device = scene.device(ID);
  const { first } = await request(device);
  scene.credentials.set('open', OTHER);
  scene.credentials.set('dev', { mode: 'psk', identity: 'id', key: Uint8Array.of(1) });
  await serve(device, first);
  expect(scene.log).toEqual(['finished dev, psk']);
});

test.each([
  ['POST /bs', Code.POST, 'bs', '4.00 the identity belongs to no endpoint'],
  ['GET /bspack', Code.GET, 'bspack', '4.05 the identity belongs to no endpoint'],
])('%s is refused when the credential goes while the configuration is looked up', async (_, method, path, expected) => {
  const late = Promise.withResolvers<BootstrapConfiguration>();
  const configurations: BootstrapStore = { get: () => late.promise };
  const scene = await BootstrapScene.start({ configurations });
  const device = scene.device(ID);
  device.request(method, { path: [path], query: ['ep=dev'] });
  await scene.settle();
  scene.credentials.delete('dev');
  late.resolve(ACCOUNT);
  expectRefused(await device.one(), expected);
  expect(scene.server.statistics.sessions).toBe(0);
});

test('no certificate is given when the credential goes while it is signed', async () => {
  const late = Promise.withResolvers<EnrollmentAnswer>();
  const scene = await BootstrapScene.start({
    est: { authorities: [Uint8Array.of(0x30, 0)], sign: () => late.promise },
  });
  const device = scene.device(ID);
  const payload = Uint8Array.of(0x30, 0);
  device.request(Code.POST, { path: ['.well-known', 'est', 'sen'], contentFormat: 286, payload });
  await scene.settle();
  scene.credentials.delete('dev');
  late.resolve({ certificate: Uint8Array.of(0x30, 0) });
  const answer = await device.one();
  expect(formatCode(answer.code)).toBe('4.03');
  expect(scene.log).toEqual(['refused enroll of ?: 4.03 the identity belongs to no endpoint']);
});
