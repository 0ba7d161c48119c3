import { describe, expect, test } from 'vitest';
import { formatCode, OptionNumber, uintOption } from '@flownexus/coap';
import { encodeRecords, parsePath } from '@flownexus/lwm2m-core';
import type { AuthorizationRequest, ReportedValues, SendReport } from '../../src/index.ts';
import { diagnostic, inWords, type ScriptedDevice } from '../scripted-device.ts';
import { psk, SecuredStage } from '../secured-stage.ts';
import { staged } from './observing-device.ts';

const values = (...values: readonly number[]): Uint8Array =>
  encodeRecords(
    values.map((value) => ({ path: parsePath('/3303/0/5700'), type: 'float', value, time: undefined })),
    112,
    '/',
  );

async function answerOf(device: ScriptedDevice): Promise<string> {
  const answer = await device.one();
  return `${formatCode(answer.code)} ${diagnostic(answer)}`.trimEnd();
}

describe('authorize is asked about a Send', () => {
  test('and told who wants what', async () => {
    const asked: AuthorizationRequest[] = [];
    const { stage, device } = await staged({
      authorize: (request) => {
        if (request.operation === 'send') asked.push(request);
        return true;
      },
    });
    await device.register();
    device.report(values(1));
    expect(await answerOf(device)).toBe('2.04');
    expect(asked).toEqual([
      {
        operation: 'send',
        endpointName: 'dev',
        identity: { kind: 'anonymous' },
        address: { host: '192.0.2.99', port: 50_000 },
        registration: stage.server.registration('dev'),
      },
    ]);
  });

  test('a quota is answered with its code, its reason and when to try again', async () => {
    const { stage, device } = await staged({
      authorize: ({ operation }) =>
        operation === 'send'
          ? Promise.resolve({ code: '4.29', reason: 'one Send per hour', retryAfter: 3600 })
          : undefined,
      onSend: () => {
        throw new Error('not called');
      },
    });
    await device.register();
    stage.taken();
    device.report(values(1));
    const answer = await device.one();
    expect(`${formatCode(answer.code)} ${diagnostic(answer)}`).toBe('4.29 one Send per hour');
    expect(uintOption(answer.options, OptionNumber.MAX_AGE)).toBe(3600);
    expect(stage.taken()).toEqual(['refused send of dev: 4.29 one Send per hour']);
  });

  test.each([
    ['throws', () => (): never => fail()],
    ['rejects', () => (): Promise<never> => Promise.reject(new Error('no'))],
  ])('a rule that %s refuses with 5.03', async (_, rule) => {
    const { stage, device } = await staged({
      authorize: (request) => (request.operation === 'send' ? rule()() : true),
    });
    await device.register();
    stage.taken();
    device.report(values(1));
    expect(await answerOf(device)).toBe('5.03 the server can not take this now');
    expect(stage.taken()[0]).toBe('error: authorize failed for the send of dev: Error: no');
  });
});

function fail(): never {
  throw new Error('no');
}

describe('filterValues', () => {
  test('leaves values out of a Send and corrects others', async () => {
    const asked: ReportedValues[] = [];
    const stored: SendReport[] = [];
    const { stage, device } = await staged({
      filterValues: (reported) => {
        asked.push(reported);
        return reported.records.filter(({ value }) => Number(value) < 100).map((record) => ({ ...record, value: 7 }));
      },
      onSend: (report) => void stored.push(report),
    });
    await device.register();
    device.report(values(20, 9999));
    expect(await answerOf(device)).toBe('2.04');
    expect(asked).toMatchObject([{ source: 'send', payloadLength: values(20, 9999).length, records: [{}, {}] }]);
    expect(stored).toMatchObject([
      { records: [{ value: 7 }], node: { objects: [{ instances: [{ resources: [{ value: 7 }] }] }] } },
    ]);
    expect(stage.server.statistics).toMatchObject({ sends: 1 });
  });

  test('nothing is left: the device is answered as if all were well, and nobody hears of it', async () => {
    const { stage, device } = await staged({
      filterValues: () => [],
      onSend: () => {
        throw new Error('not called');
      },
    });
    await device.register();
    stage.server.on('send', () => stage.log.push('sent'));
    stage.taken();
    device.report(values(20));
    expect(await answerOf(device)).toBe('2.04');
    expect(stage.taken()).toEqual([]);
  });

  test.each([
    ['throws', fail],
    [
      'returns what is no record of a Resource',
      () => [{ path: parsePath('/3303'), type: 'float', value: 1, time: undefined } as const],
    ],
  ])('one that %s refuses with 5.03', async (_, rule) => {
    const { stage, device } = await staged({ filterValues: rule });
    await device.register();
    stage.taken();
    device.report(values(1));
    expect(await answerOf(device)).toBe('5.03 the server can not take this now');
    expect(stage.taken()[0]).toMatch(/^error: filterValues failed for a Send of dev: /);
  });
});

describe('a Send over DTLS', () => {
  const asDev = 'lwm2m=1.1&lt=60&ep=dev';

  test('after a new handshake is that of the endpoint with the identity', async () => {
    const stage = await SecuredStage.start();
    await stage.proven(1000, psk('id')).register(asDev);
    const sent: string[] = [];
    stage.server.on('send', ({ registration }) =>
      sent.push(`${registration.endpointName} ${registration.address.port}`),
    );
    const again = stage.proven(2000, psk('id'), 'new association');
    again.report(values(1));
    expect(await answerOf(again)).toBe('2.04');
    expect(sent).toEqual(['dev 1000']); // it has not moved before its Update
  });

  test('of another identity is not that of the endpoint', async () => {
    const stage = await SecuredStage.start();
    await stage.proven(1000, psk('id')).register(asDev);
    const other = stage.proven(2000, psk('other'));
    other.report(values(1));
    expect(await answerOf(other)).toBe('4.04 the sender is not registered');
    const nobody = stage.device(3000);
    nobody.report(values(1));
    expect(await answerOf(nobody)).toBe('4.04 the sender is not registered');
  });

  test('of an identity whose endpoint is not registered is refused', async () => {
    const stage = await SecuredStage.start();
    const device = stage.proven(1000, psk('id'));
    device.report(values(1));
    expect(await answerOf(device)).toBe('4.04 the sender is not registered');
  });

  test('when the credentials can not be asked is answered 5.03', async () => {
    const stage = await SecuredStage.start();
    await stage.proven(1000, psk('id')).register(asDev);
    stage.credentials.endpointNameOf = () => fail();
    const again = stage.proven(2000, psk('id'), 'new association');
    stage.taken();
    again.report(values(1));
    expect(await answerOf(again)).toBe('5.03 the server can not take this now');
    expect(stage.taken()[0]).toMatch(/^error: the credentials could not be asked about /);
  });
});

test('a Send shows that the device is awake: what it did not answer is asked again', async () => {
  const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }] });
  await device.register('lwm2m=1.1&ep=dev&lt=86400');
  await stage.clock.advanceAsync(100_000);
  await device.ignore();
  device.report(values(1));
  const [answer, ...others] = await device.received();
  expect(answer && formatCode(answer.code)).toBe('2.04');
  expect(others.map(inWords)).toEqual(['CON GET 3/0/9 observe=0 accept=112']);
});

test('a Send that is refused shows it too', async () => {
  const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }] });
  await device.register('lwm2m=1.1&ep=dev&lt=86400');
  await stage.clock.advanceAsync(100_000);
  await device.ignore();
  device.report('', {});
  const [answer, request] = await device.received();
  expect(answer && formatCode(answer.code)).toBe('4.00');
  expect(request && inWords(request)).toBe('CON GET 3/0/9 observe=0 accept=112');
});
