import { describe, expect, test } from 'vitest';
import { Code } from '@flownexus/coap';
import { ratesBetween } from '../../src/index.ts';
import { SecuredStage, psk } from '../secured-stage.ts';
import { Stage, type ScriptedDevice } from '../scripted-device.ts';
import { accept } from './observing-device.ts';

const NOTHING = {
  registers: 1,
  updates: 0,
  refusals: 0,
  sends: 0,
  notifications: 0,
  undecodable: 0,
  operations: 0,
  answers: 0,
  rejections: 0,
  timeouts: 0,
  lastError: undefined,
};

/** Answers the only waiting request. */
async function answered(device: ScriptedDevice, code: number, payload = ''): Promise<void> {
  device.answer(await device.one(), code, payload === '' ? {} : { contentFormat: 0, payload });
  await device.ignore();
}

describe('the statistics of an endpoint', () => {
  test('count what it does, and what is done with it', async () => {
    const stage = await Stage.start();
    const device = stage.device();
    const of = (): unknown => stage.server.endpointStatistics('dev');
    expect(of()).toBeUndefined();
    await device.register();
    const registeredAt = stage.clock.wallTime();
    expect(of()).toEqual({ ...NOTHING, lastHeardAt: registeredAt });

    await stage.clock.advanceAsync(1000);
    await device.update();
    expect(of()).toMatchObject({ registers: 1, updates: 1, lastHeardAt: registeredAt + 1000 });

    await stage.clock.advanceAsync(1000);
    const read = stage.server.device('dev').read('/3/0/9');
    await answered(device, Code.CONTENT, '5');
    await read;
    expect(of()).toMatchObject({ operations: 1, answers: 1, lastError: undefined, lastHeardAt: registeredAt + 2000 });

    await stage.clock.advanceAsync(1000);
    const refused = expect(stage.server.device('dev').execute('/3/0/4')).rejects.toThrow('4.05');
    await answered(device, Code.METHOD_NOT_ALLOWED);
    await refused;
    expect(of()).toMatchObject({
      operations: 2,
      answers: 2,
      rejections: 1,
      lastError: { at: registeredAt + 3000, message: 'the device answered 4.05' },
    });

    const unanswered = expect(stage.server.device('dev').read('/3/0/9')).rejects.toMatchObject({
      code: 'ERR_LWM2M_SERVER_TIMEOUT',
    });
    await stage.clock.advanceAsync(100_000);
    await unanswered;
    expect(of()).toMatchObject({
      operations: 3,
      answers: 2,
      rejections: 1,
      timeouts: 1,
      lastHeardAt: registeredAt + 3000,
    });
    expect(stage.server.statistics).toMatchObject({
      registrations: 1,
      asleep: 1,
      operations: 3,
      answers: 2,
      rejections: 1,
      timeouts: 1,
    });
  });

  test('count notifications and Sends, and say what did not decode', async () => {
    const stage = await Stage.start({ observe: [{ path: '/3303/0/5700' }] });
    const device = stage.device();
    await device.register();
    const token = await accept(device, '20');
    device.notify(token, 1, '21');
    await device.ignore();
    device.notify(token, 2, 'warm');
    await device.ignore();
    device.request(Code.POST, { path: ['dp'], contentFormat: 110, payload: '[{"n":"/3303/0/5700","v":22}]' });
    await device.ignore();
    device.request(Code.POST, { path: ['dp'], contentFormat: 110, payload: 'no JSON' });
    await device.ignore();
    expect(stage.server.endpointStatistics('dev')).toMatchObject({
      notifications: 2,
      undecodable: 1,
      sends: 1,
      refusals: 1,
      operations: 1,
      answers: 1,
      lastError: { message: expect.stringMatching(/^send refused: 4\.00 /) as string },
    });
    expect(stage.server.statistics).toMatchObject({ notifications: 2, undecodable: 1, sends: 1, refusals: 1 });
  });

  test('go on over further Registers, and end with the registration', async () => {
    const stage = await Stage.start();
    const device = stage.device();
    await device.register();
    await device.register();
    await device.update();
    await device.register();
    expect(stage.server.endpointStatistics('dev')).toMatchObject({ registers: 3, updates: 1 });
    await device.deregister();
    expect(stage.server.endpointStatistics('dev')).toBeUndefined();
    await device.register();
    expect(stage.server.endpointStatistics('dev')).toMatchObject({ registers: 1, updates: 0 });
  });

  test('are a snapshot', async () => {
    const stage = await Stage.start();
    const device = stage.device();
    await device.register();
    await device.update();
    const before = stage.server.endpointStatistics('dev');
    await device.update();
    expect(before?.updates).toBe(1);
  });

  test('have the refusals of the device, and not those of a stranger who says its name', async () => {
    const stage = await SecuredStage.start();
    const device = stage.proven(1000, psk('id'));
    await device.register('lwm2m=1.1&lt=60&ep=dev');
    await stage.device(2000).register('lwm2m=1.1&lt=60&ep=dev');
    expect(stage.server.endpointStatistics('dev')).toMatchObject({ refusals: 0, lastError: undefined });
    await device.update('lt=soon');
    expect(stage.server.endpointStatistics('dev')).toMatchObject({
      refusals: 1,
      lastError: { message: 'update refused: 4.00 lt is not a number of seconds' },
    });
    expect(stage.server.statistics.refusals).toBe(2);
  });
});

describe('the statistics of the server', () => {
  test('tell what waits', async () => {
    const stage = await Stage.start();
    const device = stage.device();
    await device.register('lwm2m=1.1&ep=dev&lt=600&b=U&Q');
    await stage.clock.advanceAsync(100_000);
    expect(stage.server.statistics).toMatchObject({ registrations: 1, asleep: 1, queued: 0, waiting: 0 });
    stage.server
      .device('dev')
      .read('/3/0/9')
      .catch(() => undefined);
    await stage.server.operations.add('dev', { kind: 'read', path: '/3/0/0' });
    await stage.server.operations.add('dev', { kind: 'read', path: '/3/0/1' });
    expect(stage.server.statistics).toMatchObject({ queued: 2, waiting: 1, operations: 0 });
    await device.update();
    expect(stage.server.statistics).toMatchObject({ asleep: 0 });
  });

  test('tell how fast things happen', async () => {
    const stage = await Stage.start();
    const before = stage.server.statistics;
    const device = stage.device();
    await device.register();
    await stage.clock.advanceAsync(4000);
    await device.update();
    const after = stage.server.statistics;
    expect(after.uptimeMs - before.uptimeMs).toBe(4000);
    expect(ratesBetween(before, after)).toMatchObject({ registers: 0.25, updates: 0.25, sends: 0 });
    expect(ratesBetween(after, after)).toMatchObject({ registers: 0 });
  });
});
