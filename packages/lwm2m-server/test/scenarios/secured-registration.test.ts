import { describe, expect, test } from 'vitest';
import type { PeerIdentity } from '@flownexus/datagram';
import { MemoryNetwork, VirtualClock } from '@flownexus/datagram/testing';
import { MemoryCredentialStore, type CredentialStore } from '../../src/index.ts';
import { SERVER, Stage } from '../scripted-device.ts';
import { accept } from './observing-device.ts';
import { KEY, psk, SecuredStage } from '../secured-stage.ts';

const UNNAMED = 'lwm2m=1.1&lt=60';
const asDev = `${UNNAMED}&ep=dev`;

describe('a Register', () => {
  test('with the identity of its endpoint is accepted, and the registration tells the identity', async () => {
    const stage = await SecuredStage.start();
    expect(await stage.proven(1000, psk('id')).register(asDev)).toBe('2.01');
    expect(stage.server.registration('dev')?.identity).toEqual(psk('id'));
  });

  test('without a name is that of the endpoint that the identity belongs to', async () => {
    const stage = await SecuredStage.start();
    expect(await stage.proven(1000, psk('id')).register(UNNAMED)).toBe('2.01');
    expect(stage.server.registration('dev')).toBeDefined();
    expect(stage.taken()).toEqual(['registered dev']);
  });

  test.each([
    // TS Core 1.1.1 §6.2.1: an endpoint name that is not that of the identity is a Bad Request.
    ['another endpoint', psk('id'), `${UNNAMED}&ep=other`, '4.00', 'the identity belongs to another endpoint'],
    ['an endpoint, with an identity of none', psk('unknown'), asDev, '4.03', 'the identity belongs to no endpoint'],
    [
      'a secured endpoint, with no identity',
      undefined,
      asDev,
      '4.03',
      'the endpoint has a credential: it comes over DTLS',
    ],
  ])('as %s is refused with the reason', async (_name, identity, query, code, reason) => {
    const stage = await SecuredStage.start();
    const device = identity === undefined ? stage.device(1000) : stage.proven(1000, identity);
    expect(await device.register(query)).toBe(code);
    expect(stage.refusals).toMatchObject([
      { operation: 'register', code, reason, identity: identity ?? { kind: 'anonymous' } },
    ]);
    expect([...stage.server.registrations()]).toEqual([]);
  });

  test('that is refused leaves the registration of the endpoint as it is', async () => {
    const stage = await SecuredStage.start();
    const device = stage.proven(1000, psk('id'));
    await device.register(asDev);
    expect(await stage.device(2000).register(asDev)).toBe('4.03');
    stage.credentials.set('other', { mode: 'psk', identity: 'other id', key: KEY });
    expect(await stage.proven(3000, psk('other id')).register(asDev)).toBe('4.00');
    expect(await device.update()).toBe('2.04');
  });

  test('without an identity is accepted of an endpoint that has no credential', async () => {
    const stage = await SecuredStage.start();
    const device = stage.device(1000);
    expect(await device.register(`${UNNAMED}&ep=plain`)).toBe('2.01');
    expect(await device.register(UNNAMED)).toBe('4.00');
  });

  test('without a name is refused by a rule under the name that its identity has', async () => {
    const stage = await SecuredStage.start({ authorize: () => ({ reason: 'no' }) });
    expect(await stage.proven(1000, psk('id')).register(UNNAMED)).toBe('4.03');
    expect(stage.refusals).toMatchObject([{ endpointName: 'dev', code: '4.03', reason: 'no' }]);
  });

  test('with an identity is admitted where none without is', async () => {
    const stage = await SecuredStage.start({ noSec: false });
    expect(await stage.proven(1000, psk('id')).register(asDev)).toBe('2.01');
    expect(await stage.device(2000).register(`${UNNAMED}&ep=plain`)).toBe('4.03');
  });

  test('that breaks its form is refused for that', async () => {
    const stage = await SecuredStage.start();
    expect(await stage.proven(1000, psk('unknown')).register('lwm2m=1.1&lt=x')).toBe('4.00');
  });

  test.each<[string, PeerIdentity]>([
    ['a certificate', { kind: 'x509', certificate: Uint8Array.of(1, 2), commonName: 'cn' }],
    ['a raw public key', { kind: 'rpk', publicKey: Uint8Array.of(3, 4) }],
  ])('with %s', async (_name, identity) => {
    const stage = await SecuredStage.start();
    stage.credentials.set('named', { mode: 'x509', commonName: 'cn' });
    stage.credentials.set('keyed', { mode: 'rpk', publicKey: Uint8Array.of(3, 4) });
    const name = identity.kind === 'x509' ? 'named' : 'keyed';
    const device = stage.proven(1000, identity);
    expect(await device.register(`${UNNAMED}&ep=${name}`)).toBe('2.01');
    expect(await device.update()).toBe('2.04');
    expect(await device.register(asDev)).toBe('4.00');
  });
});

describe('an Update or De-register', () => {
  test('over a new association of the same identity moves the registration', async () => {
    const stage = await SecuredStage.start();
    const device = stage.proven(1000, psk('id'));
    await device.register(asDev);
    const moved = stage.proven(2000, psk('id'));
    moved.location = device.location;
    expect(await moved.update()).toBe('2.04');
    expect(stage.server.registration('dev')?.address.port).toBe(2000);
  });

  // Zephyr, after a socket error: another handshake, from another port, and then an Update.
  test('over a new association: requests go there, and what was observed is observed there', async () => {
    const stage = await SecuredStage.start({ observe: [{ path: '/3/0/9' }] });
    const device = stage.proven(1000, psk('id'));
    await device.register(asDev);
    await accept(device, '5', 'CON GET 3/0/9 observe=0 accept=112');
    await stage.settle();
    const moved = stage.proven(2000, psk('id'));
    moved.location = device.location;
    expect(await moved.update()).toBe('2.04');
    await accept(moved, '6', 'CON GET 3/0/9 observe=0 accept=112');
    await stage.settle();
    expect(await device.received()).toEqual([]);
    expect(stage.taken()).toEqual(['registered dev', 'initial /3/0/9 5', 'updated dev', 'initial /3/0/9 6']);
  });

  test('of another identity, or of none, finds no registration', async () => {
    const stage = await SecuredStage.start();
    const device = stage.proven(1000, psk('id'));
    await device.register(asDev);
    stage.credentials.set('other', { mode: 'psk', identity: 'other id', key: KEY });
    for (const stranger of [stage.device(2000), stage.proven(3000, psk('other id'))]) {
      stranger.location = device.location;
      expect(await stranger.update()).toBe('4.04');
      expect(await stranger.deregister()).toBe('4.04');
    }
    expect(await device.deregister()).toBe('2.02');
  });

  test('of one certificate is not one of another with the same name', async () => {
    const stage = await SecuredStage.start();
    stage.credentials.set('named', { mode: 'x509', commonName: 'cn' });
    const certificate = (byte: number): PeerIdentity => ({
      kind: 'x509',
      certificate: Uint8Array.of(byte),
      commonName: 'cn',
    });
    const device = stage.proven(1000, certificate(1));
    await device.register(`${UNNAMED}&ep=named`);
    const renewed = stage.proven(2000, certificate(2));
    renewed.location = device.location;
    expect(await renewed.update()).toBe('4.04');
    expect(await renewed.register(`${UNNAMED}&ep=named`)).toBe('2.01');
  });
});

describe('a credential', () => {
  test('that is removed ends the registration that was made with it', async () => {
    const reasons: string[] = [];
    const stage = await SecuredStage.start({ onDeregister: (_registration, reason) => void reasons.push(reason) });
    const device = stage.proven(1000, psk('id'));
    await device.register(asDev);
    stage.credentials.delete('dev');
    expect(stage.server.registration('dev')).toBeUndefined();
    expect(stage.taken()).toEqual(['registered dev', 'revoked dev']);
    expect(reasons).toEqual(['revoked']);
    expect(stage.server.statistics).toMatchObject({ revocations: 1, expiries: 0, deregisters: 0 });
    expect(await device.update()).toBe('4.04');
    expect(await device.register(asDev)).toBe('4.03');
  });

  test('that is changed ends it too, one that stays the same does not', async () => {
    const stage = await SecuredStage.start();
    const device = stage.proven(1000, psk('id'));
    await device.register(asDev);
    stage.credentials.set('dev', { mode: 'psk', identity: 'id', key: KEY });
    expect(await device.update()).toBe('2.04');
    stage.credentials.set('dev', { mode: 'psk', identity: 'id', key: Uint8Array.of(9) });
    expect(await device.update()).toBe('4.04');
    expect(await device.register(asDev)).toBe('2.01');
  });

  test('that an endpoint is given ends what it has without', async () => {
    const stage = await SecuredStage.start();
    const device = stage.device(1000);
    await device.register(`${UNNAMED}&ep=plain`);
    stage.credentials.set('plain', { mode: 'psk', identity: 'plain id', key: KEY });
    expect(stage.server.registration('plain')).toBeUndefined();
    expect(await device.register(`${UNNAMED}&ep=plain`)).toBe('4.03');
    stage.transport.identify(1000, psk('plain id'));
    expect(await device.register(`${UNNAMED}&ep=plain`)).toBe('2.01');
  });

  test('that is removed while its Register is being handled ends the registration right after', async () => {
    const gate = Promise.withResolvers<undefined>();
    const stage = await SecuredStage.start({ onRegister: () => gate.promise });
    const device = stage.proven(1000, psk('id'));
    const registering = device.register(asDev);
    await stage.settle();
    stage.credentials.delete('dev');
    gate.resolve(undefined);
    await registering;
    await stage.settle();
    expect(stage.server.registration('dev')).toBeUndefined();
    expect(stage.taken().filter((line) => !line.startsWith('refused'))).toEqual(['registered dev', 'revoked dev']);
  });

  test('changes nothing once the server has stopped', async () => {
    const stage = await SecuredStage.start();
    await stage.proven(1000, psk('id')).register(asDev);
    await stage.server.stop();
    stage.credentials.delete('dev');
    expect(stage.taken()).toEqual(['registered dev']);
  });
});

describe('a store that answers later', () => {
  const slow = (stage: { credentials?: CredentialStore }): CredentialStore => {
    const asked = (): CredentialStore => {
      if (stage.credentials === undefined) throw new Error('no store');
      return stage.credentials;
    };
    return {
      pskKey: async (identity) => asked().pskKey(identity),
      endpointNameOf: async (identity) => asked().endpointNameOf(identity),
      isSecured: async (name) => asked().isSecured(name),
      onChange: () => () => undefined,
    };
  };

  test('is waited for', async () => {
    const behind: { credentials?: CredentialStore } = {};
    const stage = await SecuredStage.start({ credentials: slow(behind) });
    behind.credentials = stage.credentials;
    const device = stage.proven(1000, psk('id'));
    expect(await device.register(asDev)).toBe('2.01');
    expect(await device.update()).toBe('2.04');
    expect(await stage.device(2000).register(asDev)).toBe('4.03');
    expect(await device.deregister()).toBe('2.02');
  });

  test('and fails: nothing is accepted, and the error is told', async () => {
    const stage = await SecuredStage.start({ credentials: slow({}) });
    expect(await stage.proven(1000, psk('id')).register(asDev)).toBe('5.03');
    expect(stage.taken()).toEqual([
      'error: the credentials could not be asked about 192.0.2.99: Error: no store',
      'refused register of dev: 5.03 the server can not take this now',
    ]);
  });
});

test('what a stranger asks for takes no turn of the endpoint that it is not', async () => {
  const gate = Promise.withResolvers<undefined>();
  const stage = await SecuredStage.start({ onUpdate: () => gate.promise });
  const device = stage.proven(1000, psk('id'));
  await device.register(asDev);
  const updating = device.update();
  await stage.settle();
  const stranger = stage.device(2000);
  for (let count = 0; count < 6; count += 1) expect(await stranger.register(asDev)).toBe('4.03');
  gate.resolve(undefined);
  await updating;
  expect(stage.refusals.map(({ code }) => code)).toEqual(Array.from({ length: 6 }, () => '4.03'));
});

test('the stores of the endpoints are asked where the server is given none', async () => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock);
  const credentials = new MemoryCredentialStore();
  credentials.set('dev', { mode: 'psk', identity: 'id', key: KEY });
  const endpoints = [{ createTransport: () => network.transport(SERVER), credentials }];
  const stage = new Stage({ endpoints }, { clock, network });
  await stage.server.start();
  expect(await stage.device(1000).register(asDev)).toBe('4.03');
});
