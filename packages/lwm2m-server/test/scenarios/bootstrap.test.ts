import { Code, formatCode, OptionNumber, uintOption } from '@flownexus/coap';
import { decodePayload, ObjectRegistry } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import { serverAccount } from '../../src/index.ts';
import { BootstrapStage, request, serve } from './bootstrapping.ts';

const ACCOUNT = serverAccount({
  shortServerId: 1,
  uri: 'coaps://192.0.2.1:5684',
  security: { mode: 'psk', identity: 'dev', key: Uint8Array.of(1, 2, 3) },
  securityInstanceId: 1,
  serverInstanceId: 0,
});
const objects = await ObjectRegistry.bundled();

describe('a client-initiated bootstrap (ETS 1.1-int-0)', () => {
  test('answers 2.04, deletes, writes the accounts, and finishes', async () => {
    const stage = await BootstrapStage.begin();
    stage.configurations.set('dev', { instances: ACCOUNT });
    const device = stage.device();

    const { answer, first } = await request(device);

    expect(formatCode(answer.code)).toBe('2.04');
    expect(await serve(device, first)).toEqual(['DELETE 0', 'DELETE 1', 'PUT 0/1', 'PUT 1/0', 'POST bs']);
    expect(stage.taken()).toEqual(['started dev', 'finished dev']);
    expect(stage.steps()).toEqual([
      'delete /0: 2.02',
      'delete /1: 2.02',
      'write /0/1 11542: 2.04',
      'write /1/0 11542: 2.04',
      'finish /bs: 2.04',
    ]);
  });

  test('writes what decodes to the account, in the format that the device prefers', async () => {
    const stage = await BootstrapStage.begin();
    stage.configurations.set('dev', { deletes: [], instances: ACCOUNT });
    const device = stage.device();
    const { first: write } = await request(device, 'ep=dev&pct=112');
    if (write === undefined) throw new Error('nothing was written');

    expect(uintOption(write.options, OptionNumber.CONTENT_FORMAT)).toBe(112);
    const { node } = decodePayload(write.payload, 112, '/0/1', objects);

    expect(node).toEqual({ kind: 'objectInstance', id: 1, resources: ACCOUNT[0]?.resources });
  });

  test('tells of each request when it is over', async () => {
    const stage = await BootstrapStage.begin();
    stage.configurations.set('dev', { instances: ACCOUNT });
    const told: string[] = [];
    stage.server.on('bootstrapProgressed', ({ steps }) => {
      const last = steps.at(-1);
      told.push(`${steps.length} ${last?.operation} ${last?.path} ${last?.responseCode}`);
    });
    stage.server.on('bootstrapFinished', () => told.push('finished'));
    const device = stage.device();
    const { first } = await request(device);
    if (first === undefined) throw new Error('nothing was sent');
    device.answer(first, Code.DELETED);
    const second = await device.one();
    expect(told).toEqual(['1 delete /0 2.02']);
    await serve(device, second);
    expect(told).toEqual([
      '1 delete /0 2.02',
      '2 delete /1 2.02',
      '3 write /0/1 2.04',
      '4 write /1/0 2.04',
      '5 finish /bs 2.04',
      'finished',
    ]);
  });

  test('of what is under way when a session ends nothing more is told', async () => {
    const stage = await BootstrapStage.begin();
    stage.configurations.set('dev', { instances: ACCOUNT });
    const told: unknown[] = [];
    stage.server.on('bootstrapProgressed', (session) => told.push(session));
    const device = stage.device();
    await request(device);
    await stage.server.stop();
    expect(stage.taken()).toEqual(['started dev', 'failed dev: the server stopped']);
    expect(told).toEqual([]);
  });

  test('bootstraps a device again that asks again later', async () => {
    const stage = await BootstrapStage.begin();
    stage.configurations.set('dev', { instances: ACCOUNT });
    const device = stage.device();
    await serve(device, (await request(device)).first);

    await serve(device, (await request(device)).first);

    expect(stage.taken()).toEqual(['started dev', 'finished dev', 'started dev', 'finished dev']);
  });

  test('does not send anything before the answer has left', async () => {
    const stage = await BootstrapStage.begin();
    stage.configurations.set('dev', { instances: ACCOUNT });
    const device = stage.device();
    device.request(Code.POST, { path: ['bs'], query: ['ep=dev'] });
    expect((await device.received()).map(({ code }) => formatCode(code))).toEqual(['2.04', '0.04']);
  });
});
