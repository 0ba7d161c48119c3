import { describe, expect, test } from 'vitest';
import { buildOptions, Code, encodeBlock, formatCode, MessageType, OptionNumber } from '@flownexus/coap';
import { encodeRecords, formatPath, parsePath, type ResourceRecord } from '@flownexus/lwm2m-core';
import type { SendReport } from '../../src/index.ts';
import { diagnostic, inWords, type ScriptedDevice, type Stage } from '../scripted-device.ts';
import { staged } from './observing-device.ts';

const number = (path: string, value: number, time?: number): ResourceRecord => ({
  path: parsePath(path),
  type: 'float',
  value,
  time,
});

const senml = (...records: readonly ResourceRecord[]): Uint8Array => encodeRecords(records, 112, '/');

/** A registered device, and what it reported. */
async function reporting(
  options: Parameters<typeof staged>[0] = {},
): Promise<{ stage: Stage; device: ScriptedDevice; reports: SendReport[] }> {
  const { stage, device } = await staged(options);
  await device.register();
  const reports: SendReport[] = [];
  stage.server.on('send', (report) => reports.push(report));
  stage.taken();
  return { stage, device, reports };
}

/** The code and the diagnostic of the one answer. */
async function answerOf(device: ScriptedDevice): Promise<string> {
  const answer = await device.one();
  return `${formatCode(answer.code)} ${diagnostic(answer)}`.trimEnd();
}

function valuesOf({ records }: SendReport): unknown[] {
  return records.map(({ path, value, time }) => [formatPath(path), value, time]);
}

describe('Send', () => {
  test('values come with the times of the device, and as a tree of the newest', async () => {
    const { stage, device, reports } = await reporting();
    device.report(senml(number('/3303/0/5700', 20.5, 1_700_000_000), number('/3303/0/5700', 21.5, 1_700_000_060)));
    expect(await answerOf(device)).toBe('2.04');
    expect(reports.map(valuesOf)).toEqual([
      [
        ['/3303/0/5700', 20.5, 1_700_000_000],
        ['/3303/0/5700', 21.5, 1_700_000_060],
      ],
    ]);
    expect(reports[0]).toMatchObject({
      contentFormat: 112,
      receivedAt: stage.clock.wallTime(),
      registration: { endpointName: 'dev' },
      node: { objects: [{ id: 3303, instances: [{ id: 0, resources: [{ id: 5700, value: 21.5 }] }] }] },
    });
    expect(stage.server.statistics).toMatchObject({ sends: 1, refusals: 0 });
  });

  test('relative times count from now', async () => {
    const { stage, device, reports } = await reporting();
    device.report('[{"bn":"/3303/0/","n":"5700","t":-30,"v":1},{"n":"5700","v":2}]', { contentFormat: 110 });
    expect(await answerOf(device)).toBe('2.04');
    const now = stage.clock.wallTime() / 1000;
    expect(reports.flatMap(valuesOf)).toEqual([
      ['/3303/0/5700', 1, now - 30],
      ['/3303/0/5700', 2, undefined],
    ]);
  });

  test.each([
    [110, '[{"n":"/3/0/9","v":95}]'],
    [112, Uint8Array.from(Buffer.from('81a200662f332f302f3902185f', 'hex'))],
    [11544, Uint8Array.from(Buffer.from('a103a100a109185f', 'hex'))],
    [11543, '{"bn":"/","e":[{"n":"3/0/9","v":95}]}'],
    [1543, '{"bn":"/","e":[{"n":"3/0/9","v":95}]}'],
  ])('in Content-Format %i', async (contentFormat, payload) => {
    const { device, reports } = await reporting();
    device.report(payload, { contentFormat });
    expect(await answerOf(device)).toBe('2.04');
    expect(reports.flatMap(valuesOf)).toEqual([['/3/0/9', 95, undefined]]);
  });

  test('names below an alternate path', async () => {
    const { stage, device } = await staged({});
    await device.register(undefined, '</lwm2m>;rt="oma.lwm2m",</lwm2m/3/0>');
    const reports: SendReport[] = [];
    stage.server.on('send', (report) => reports.push(report));
    device.report('[{"n":"/lwm2m/3/0/9","v":95}]', { contentFormat: 110 });
    expect(await answerOf(device)).toBe('2.04');
    expect(reports.flatMap(valuesOf)).toEqual([['/3/0/9', 95, undefined]]);
  });

  test('of a device behind a gateway: its Objects are never registered', async () => {
    const { device, reports } = await reporting();
    device.report('[{"n":"/d01/3341/0/5527","vs":"hello"}]', { contentFormat: 110 });
    expect(await answerOf(device)).toBe('2.04');
    expect(reports.flatMap(valuesOf)).toEqual([['/d01/3341/0/5527', 'hello', undefined]]);
  });

  test('in blocks', async () => {
    const { device, reports } = await reporting();
    const payload = new TextEncoder().encode('[{"n":"/3/0/0","vs":"sixteen bytes and more"}]');
    for (let block = 0; block * 16 < payload.length; block += 1) {
      const more = (block + 1) * 16 < payload.length;
      device.report(payload.subarray(block * 16, (block + 1) * 16), {
        contentFormat: 110,
        options: [{ number: OptionNumber.BLOCK1, value: encodeBlock({ num: block, more, szx: 0 }) }],
      });
      expect(formatCode((await device.one()).code)).toBe(more ? '2.31' : '2.04');
    }
    expect(reports.flatMap(valuesOf)).toEqual([['/3/0/0', 'sixteen bytes and more', undefined]]);
  });

  test('Non-confirmable, with a token of no bytes', async () => {
    const { device, reports } = await reporting();
    device.send({
      type: MessageType.NON,
      code: Code.POST,
      messageId: 7,
      options: buildOptions({ path: ['dp'], contentFormat: 112 }),
      payload: senml(number('/3303/0/5700', 1)),
    });
    expect(inWords(await device.one())).toBe('NON 2.04');
    expect(reports).toHaveLength(1);
  });
});

describe('a Send is refused', () => {
  const payload = senml(number('/3303/0/5700', 1));

  test.each<[string, Parameters<ScriptedDevice['report']>[1], string | Uint8Array, RegExp]>([
    ['without a Content-Format', { contentFormat: undefined }, payload, /^4\.00 the Content-Format is missing$/],
    ['in text', { contentFormat: 0 }, '1', /^4\.15 a Send is SenML or LwM2M CBOR \(110, 112, 11544\), not text$/],
    ['in TLV, in which a tree has no root', { contentFormat: 11542 }, payload, /^4\.15 .*not TLV$/],
    ['in a format that nobody knows', { contentFormat: 9999 }, payload, /^4\.15 .*not 9999$/],
    [
      'when it does not decode',
      {},
      Uint8Array.of(0x81),
      /^4\.00 the payload for \/ does not decode: expected .* offset 1$/,
    ],
    ['without values', {}, Uint8Array.of(0x80), /^4\.00 the payload has no values$/],
    ['without a payload', {}, '', /^4\.00 the payload has no values$/],
    [
      'with an Object that is not registered',
      {},
      senml(number('/3303/0/5700', 1), number('/3304/0/5700', 1)),
      /^4\.04 Object 3304 is not registered$/,
    ],
  ])('%s', async (_, fields, bytes, answer) => {
    const { stage, device, reports } = await reporting();
    device.report(bytes, fields);
    expect(await answerOf(device)).toMatch(answer);
    expect(reports).toEqual([]);
    expect(stage.taken()).toEqual([expect.stringMatching(/^refused send of dev: 4\./)]);
    expect(stage.server.statistics).toMatchObject({ sends: 0, refusals: 1 });
  });

  test('of somebody who is not registered, or not any more', async () => {
    const { stage, device } = await reporting();
    const stranger = stage.device(999);
    stranger.report(payload);
    expect(await answerOf(stranger)).toBe('4.04 the sender is not registered');
    await device.deregister();
    device.report(payload);
    expect(await answerOf(device)).toBe('4.04 the sender is not registered');
    expect(stage.taken()).toEqual([
      'refused send of ?: 4.04 the sender is not registered',
      'deregistered dev',
      'refused send of ?: 4.04 the sender is not registered',
    ]);
  });

  test('with another method, and to a path below', async () => {
    const { device } = await reporting();
    device.request(Code.PUT, { path: ['dp'], contentFormat: 112, payload });
    expect(await answerOf(device)).toBe('4.05');
    device.report(payload, { path: ['dp', '1'] });
    expect(await answerOf(device)).toBe('4.04');
  });
});

describe('a Send is answered when its values are safe', () => {
  const payload = senml(number('/3303/0/5700', 1));

  test('the 2.04 waits for onSend, duplicates do not run it again, the event follows the answer', async () => {
    const gates: PromiseWithResolvers<undefined>[] = [];
    const { stage, device } = await reporting({
      onSend: async () => {
        const gate = Promise.withResolvers<undefined>();
        gates.push(gate);
        await gate.promise;
      },
    });
    stage.server.on('send', () => stage.log.push(`sent after ${stage.lastSent()}`));
    const messageId = device.report(payload);
    await stage.settle();
    device.send({
      type: MessageType.CON,
      code: Code.POST,
      messageId,
      token: Uint8Array.of(0x70, 2),
      options: buildOptions({ path: ['dp'], contentFormat: 112 }),
      payload,
    });
    expect(await device.received()).toEqual([]);
    expect(gates).toHaveLength(1);
    expect(stage.taken()).toEqual([]);
    gates[0]?.resolve(undefined);
    expect(inWords(await device.one())).toBe('ACK 2.04');
    expect(stage.taken()).toEqual(['sent after ACK 2.04']);
  });

  test.each([
    ['rejects', () => Promise.reject(new Error('no database'))],
    [
      'throws',
      () => {
        throw new Error('no database');
      },
    ],
  ])('5.03 when onSend %s, and the device can send again', async (_, fail) => {
    let failing = true;
    const { stage, device, reports } = await reporting({ onSend: () => (failing ? fail() : undefined) });
    device.report(payload);
    expect(await answerOf(device)).toBe('5.03 the server can not take this now');
    expect(stage.taken()).toEqual([
      'error: onSend failed for dev: Error: no database',
      'refused send of dev: 5.03 the server can not take this now',
    ]);
    failing = false;
    device.report(payload);
    expect(await answerOf(device)).toBe('2.04');
    expect(reports).toHaveLength(1);
  });

  test('a De-register meanwhile does not lose them', async () => {
    const gate = Promise.withResolvers<undefined>();
    const { device, reports } = await reporting({ onSend: () => gate.promise });
    device.report(payload);
    await device.ignore();
    expect(await device.deregister()).toBe('2.02');
    gate.resolve(undefined);
    expect(await answerOf(device)).toBe('2.04');
    expect(reports).toHaveLength(1);
  });
});
