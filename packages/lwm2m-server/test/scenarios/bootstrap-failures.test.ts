import { Code, formatCode } from '@flownexus/coap';
import { describe, expect, test } from 'vitest';
import { serverAccount, type BootstrapConfiguration } from '../../src/index.ts';
import { BootstrapStage, expectRefused, request, serve } from './bootstrapping.ts';

const ACCOUNT: BootstrapConfiguration = {
  instances: serverAccount({ shortServerId: 1, uri: 'coap://192.0.2.1', securityInstanceId: 0 }),
};

async function begin(options: Parameters<typeof BootstrapStage.begin>[0] = {}): Promise<BootstrapStage> {
  const stage = await BootstrapStage.begin(options);
  stage.configurations.set('dev', ACCOUNT);
  return stage;
}

describe('an inconsistent configuration (ETS 1.1-int-9)', () => {
  test('is written once more, and fails with a reason when that does not help', async () => {
    const stage = await begin();
    const device = stage.device();
    const { first } = await request(device);

    const heard = await serve(device, first, { 'POST bs': () => [Code.NOT_ACCEPTABLE] });

    expect(heard.filter((words) => words === 'PUT 0/0')).toHaveLength(2);
    expect(stage.taken()).toEqual([
      'started dev',
      'failed dev: the device finds its configuration inconsistent, also when it is written once more',
    ]);
  });

  test('is corrected by the application', async () => {
    const asked: string[] = [];
    const correction: BootstrapConfiguration = { deletes: [], instances: [{ path: '/1/7', resources: [] }] };
    const stage = await begin({
      onInconsistent: ({ endpointName, steps }) => {
        asked.push(`${endpointName} ${steps.at(-1)?.responseCode}`);
        return Promise.resolve(correction);
      },
    });
    const device = stage.device();
    const { first } = await request(device);
    let finishes = 0;

    const heard = await serve(device, first, {
      'POST bs': () => [finishes++ === 0 ? Code.NOT_ACCEPTABLE : Code.CHANGED],
    });

    expect(asked).toEqual(['dev 4.06']);
    expect(heard.slice(-3)).toEqual(['POST bs', 'PUT 1/7', 'POST bs']);
    expect(stage.taken()).toEqual(['started dev', 'finished dev']);
  });

  test.each<readonly [string, () => BootstrapConfiguration, string]>([
    [
      'what the application throws',
      () => {
        throw new Error('no idea');
      },
      'Error: no idea',
    ],
    [
      'a correction that can not be written',
      () => ({ instances: [{ path: '/1/0/0', resources: [] }] }),
      'RangeError: what is written is an Object Instance, not /1/0/0',
    ],
  ])('fails for %s', async (_name, onInconsistent, error) => {
    const stage = await begin({ onInconsistent });
    const device = stage.device();
    const { first } = await request(device);
    await serve(device, first, { 'POST bs': () => [Code.NOT_ACCEPTABLE] });
    expect(stage.taken()).toEqual([
      'started dev',
      `error: onInconsistent failed for dev: ${error}`,
      'failed dev: the application could not say what to do about the inconsistent configuration',
    ]);
  });

  test('does not outlast the session, though the application never says anything', async () => {
    const stage = await begin({ onInconsistent: () => new Promise(() => undefined), sessionTimeoutMs: 10_000 });
    const device = stage.device();
    const { first } = await request(device);
    await serve(device, first, { 'POST bs': () => [Code.NOT_ACCEPTABLE] });
    stage.clock.advance(10_000);
    await stage.settle();
    expect(stage.taken()).toEqual(['started dev', 'failed dev: the session took too long']);
  });
});

describe('a device that refuses', () => {
  test('ends the session with its code and its words', async () => {
    const stage = await begin();
    const device = stage.device();
    const { first } = await request(device);
    const heard = await serve(device, first, { 'PUT 0/0': () => [Code.BAD_REQUEST, { payload: 'bad URI' }] });
    expect(heard).toEqual(['DELETE 0', 'DELETE 1', 'PUT 0/0']);
    expect(stage.taken().at(-1)).toBe('failed dev: the Write of /0/0 was answered 4.00: bad URI');
  });

  test('a Content-Format is written to in another one', async () => {
    const stage = await begin();
    const device = stage.device();
    const { first } = await request(device, 'ep=dev&pct=112');
    let writes = 0;
    await serve(device, first, {
      'PUT 0/0': () => [writes++ === 0 ? Code.UNSUPPORTED_CONTENT_FORMAT : Code.CHANGED],
    });
    expect(stage.steps()).toEqual([
      'delete /0: 2.02',
      'delete /1: 2.02',
      'write /0/0 112: 4.15',
      'write /0/0 11542: 2.04',
      'write /1/1 11542: 2.04',
      'finish /bs: 2.04',
    ]);
  });
});

describe('a device that falls silent', () => {
  test('is given up after the time for one request', async () => {
    const stage = await begin({ stepTimeoutMs: 20_000 });
    await request(stage.device());
    stage.clock.advance(20_000);
    await stage.settle();
    expect(stage.taken()).toEqual([
      'started dev',
      'failed dev: the Delete of /0 failed: the device did not answer in time',
    ]);
    expect(stage.steps()).toEqual(['delete /0: the device did not answer in time']);
    expect(stage.sessions[0]?.steps[0]?.durationMs).toBe(20_000);
  });

  test('for a while each time is given up after the time for all', async () => {
    const stage = await begin({ sessionTimeoutMs: 30_000 });
    const device = stage.device();
    let { first: message } = await request(device);
    for (let step = 0; step < 3; step += 1) {
      if (message === undefined) throw new Error('nothing came');
      stage.clock.advance(9_000);
      await device.ignore(); // it was sent again
      device.answer(message, message.code === Code.DELETE ? Code.DELETED : Code.CHANGED);
      [message] = await device.received();
    }
    expect(stage.taken()).toEqual(['started dev']);
    stage.clock.advance(3_000);
    await stage.settle();
    expect(stage.taken()).toEqual(['failed dev: the session took too long']);
  });

  test('and asks again gets a session of its own; the one before has failed', async () => {
    const stage = await begin();
    const device = stage.device();
    await request(device);

    const { answer, first } = await request(device);

    expect(formatCode(answer.code)).toBe('2.04');
    await serve(device, first);
    expect(stage.taken()).toEqual([
      'started dev',
      'failed dev: the device asked to be bootstrapped again',
      'started dev',
      'finished dev',
    ]);
  });
});

describe('bounds', () => {
  test('a device beyond the greatest number of sessions is answered 5.03, one that has a session is not', async () => {
    const stage = await begin({ maxSessions: 1 });
    stage.configurations.set('other', ACCOUNT);
    const device = stage.device();
    await request(device);
    const other = stage.device(50_001);
    other.request(Code.POST, { path: ['bs'], query: ['ep=other'] });
    expectRefused(await other.one(), '5.03 the server has no place for more bootstrap sessions');

    const { first } = await request(device);
    await serve(device, first);

    expect(formatCode((await request(other, 'ep=other')).answer.code)).toBe('2.04');
  });

  test.each([
    ['sessionTimeoutMs', 0],
    ['stepTimeoutMs', -1],
    ['maxSessions', NaN],
  ])('%s of %s is none', (name, value) => {
    expect(() => new BootstrapStage({ [name]: value })).toThrow(`${name} is greater than 0, not ${value}`);
  });

  test('stopping the server ends the sessions', async () => {
    const stage = await begin();
    await request(stage.device());
    await stage.server.stop();
    expect(stage.taken()).toEqual(['started dev', 'failed dev: the server stopped']);
  });
});
