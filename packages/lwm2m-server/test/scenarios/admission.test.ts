import { describe, expect, test } from 'vitest';
import { Code, OptionNumber, uintOption } from '@flownexus/coap';
import type { AuthorizationRequest, Lwm2mServerOptions, RefusalReason } from '../../src/index.ts';
import { diagnostic, inWords, LINKS, Stage } from '../scripted-device.ts';

const REGISTER = { path: ['rd'], query: ['lwm2m=1.1', 'ep=dev', 'lt=60'], contentFormat: 40, payload: LINKS };

describe('authorize', () => {
  test('is asked about each request with what is known of it, after who it is', async () => {
    const asked: AuthorizationRequest[] = [];
    const stage = await Stage.start({ authorize: (request) => void asked.push(request) });
    const device = stage.device();
    await device.register();
    const registration = stage.server.registration('dev');
    await device.update();
    const updated = stage.server.registration('dev');
    await device.deregister();
    const common = {
      endpointName: 'dev',
      identity: { kind: 'anonymous' },
      address: { host: '192.0.2.99', port: 50_000 },
    };
    expect(asked).toEqual([
      { ...common, operation: 'register', registration: undefined },
      { ...common, operation: 'update', registration },
      { ...common, operation: 'deregister', registration: updated },
    ]);
  });

  test.each<[RefusalReason, string, number | undefined]>([
    [{ reason: 'not paid' }, '4.03', undefined],
    [{ code: '4.00', reason: 'not like this' }, '4.00', undefined],
    [{ code: '4.01', reason: 'who are you' }, '4.01', undefined],
    [{ code: '4.29', reason: 'too many devices', retryAfter: 3600 }, '4.29', 3600],
    [{ code: '5.03', reason: 'maintenance', retryAfter: 0.5 }, '5.03', 1],
  ])('refuses with %o', async (answer, code, maxAge) => {
    for (const authorize of [() => answer, () => Promise.resolve(answer)]) {
      const stage = await Stage.start({ authorize });
      const device = stage.device();
      device.request(Code.POST, REGISTER);
      const response = await device.one();
      expect(inWords(response)).toBe(`ACK ${code}`);
      expect(diagnostic(response)).toBe(answer.reason);
      expect(uintOption(response.options, OptionNumber.MAX_AGE)).toBe(maxAge);
      expect(stage.taken()).toEqual([`refused register of dev: ${code} ${answer.reason}`]);
      expect(stage.server.registration('dev')).toBeUndefined();
    }
  });

  test('a refused Update or De-register changes nothing', async () => {
    let refuse = false;
    const authorize = (): RefusalReason | true => (refuse ? { reason: 'not now' } : true);
    const stage = await Stage.start({ authorize });
    const device = stage.device();
    await device.register();
    const before = stage.server.registration('dev');
    refuse = true;
    expect(await device.update('lt=99')).toBe('4.03');
    expect(await device.deregister()).toBe('4.03');
    expect(stage.server.registration('dev')).toBe(before);
  });

  test('a long reason is cut for the device, and is whole in the event', async () => {
    const reason = 'x'.repeat(5000);
    const stage = await Stage.start({ authorize: () => ({ reason }) });
    const device = stage.device();
    device.request(Code.POST, REGISTER);
    expect(diagnostic(await device.one())).toBe('x'.repeat(256));
    expect(stage.taken()).toEqual([`refused register of dev: 4.03 ${reason}`]);
  });

  const failing: [string, Lwm2mServerOptions['authorize']][] = [
    [
      'throws',
      () => {
        throw new Error('no quota service');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no quota service'))],
    ['says a code that refuses nothing', () => ({ code: '2.05' as never, reason: 'Error: odd' })],
    ['says a time that is none', () => ({ code: '5.03', reason: 'Error: odd', retryAfter: NaN })],
  ];
  test.each(failing)('one that %s refuses with 5.03 and goes to onError', async (_name, authorize) => {
    const stage = await Stage.start({ ...(authorize && { authorize }) });
    expect(await stage.device().register()).toBe('5.03');
    expect(stage.taken()).toEqual([
      expect.stringMatching(/^error: authorize failed for the register of dev: (Range)?Error: /),
      'refused register of dev: 5.03 the server can not take this now',
    ]);
  });

  test('is not asked about what is not the endpoint, and keeps nobody else from a turn', async () => {
    const gate = Promise.withResolvers<true>();
    const stage = await Stage.start({ authorize: ({ address }) => (address.port === 1 ? gate.promise : true) });
    const [slow, other] = [stage.device(1), stage.device(2)];
    expect(await slow.register()).toBe('no answer');
    expect(await other.register()).toBe('2.01');
    gate.resolve(true);
    expect(inWords(await slow.one())).toBe('ACK 2.01');
    expect(stage.taken()).toEqual(['registered dev', 'replaced dev', 'registered dev']);
  });
});

test('noSec: false admits no device without an identity', async () => {
  const stage = await Stage.start({ noSec: false });
  const device = stage.device();
  device.request(Code.POST, REGISTER);
  const response = await device.one();
  expect(inWords(response)).toBe('ACK 4.03');
  expect(diagnostic(response)).toBe('devices without an identity are not admitted');
  expect(stage.taken()).toEqual(['refused register of dev: 4.03 devices without an identity are not admitted']);
});

test('noSec as a function is asked at each request', async () => {
  let admitted = true;
  const stage = await Stage.start({ noSec: () => admitted });
  const device = stage.device();
  await device.register();
  admitted = false;
  expect(await device.update()).toBe('4.03');
  admitted = true;
  expect(await device.update()).toBe('2.04');
});

describe('endRegistration', () => {
  test('ends it with revoked, and the next Update of the device finds none', async () => {
    const reasons: string[] = [];
    const stage = await Stage.start({
      onDeregister: ({ endpointName }, reason) => void reasons.push(`${endpointName} ${reason}`),
    });
    const device = stage.device();
    await device.register();
    expect(await stage.server.endRegistration('dev')).toBe(true);
    expect(reasons).toEqual(['dev revoked']);
    expect(stage.taken()).toEqual(['registered dev', 'revoked dev']);
    expect(stage.server.registration('dev')).toBeUndefined();
    expect(await device.update()).toBe('4.04');
    expect(await device.register()).toBe('2.01');
  });

  test('gives false where there is none', async () => {
    const stage = await Stage.start();
    expect(await stage.server.endRegistration('dev')).toBe(false);
  });

  test('comes after a Register that is being handled', async () => {
    const gate = Promise.withResolvers<undefined>();
    const stage = await Stage.start({ onRegister: () => gate.promise });
    const device = stage.device();
    expect(await device.register()).toBe('no answer');
    const ended = stage.server.endRegistration('dev');
    gate.resolve(undefined);
    expect(await ended).toBe(true);
    expect(inWords(await device.one())).toBe('ACK 2.01');
    expect(stage.taken()).toEqual(['registered dev', 'revoked dev']);
  });
});
