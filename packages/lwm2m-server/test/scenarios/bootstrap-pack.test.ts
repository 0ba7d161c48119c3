import { Code, findOption, formatCode, OptionNumber, uintOption, type CoapMessage } from '@flownexus/coap';
import { decodePayload, ObjectRegistry } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import { serverAccount, type BootstrapConfiguration } from '../../src/index.ts';
import type { ScriptedDevice } from '../scripted-device.ts';
import { BootstrapStage, expectRefused } from './bootstrapping.ts';

const objects = await ObjectRegistry.bundled();
const ACCOUNT = serverAccount({ shortServerId: 1, uri: 'coap://192.0.2.1', securityInstanceId: 0 });
const ANY_ID: BootstrapConfiguration = { instances: serverAccount({ shortServerId: 1, uri: 'coap://192.0.2.1' }) };

/** Asks for a pack, and once more with the Echo that the server wants to see. */
async function ask(device: ScriptedDevice, query: readonly string[], accept?: number): Promise<CoapMessage> {
  const fields = { path: ['bspack'], query, ...(accept === undefined ? {} : { accept }) };
  device.request(Code.GET, fields);
  const answer = await device.one();
  const echo = findOption(answer.options, OptionNumber.ECHO);
  if (answer.code !== Code.UNAUTHORIZED || echo === undefined) return answer;
  device.request(Code.GET, { ...fields, options: [echo] });
  return device.one();
}

describe('a Bootstrap-Pack (ETS 1.2-int-12)', () => {
  test.each([
    [undefined, 112],
    [112, 112],
    [110, 110],
    [11_544, 11_544],
  ])('asked for in %s has all Object Instances', async (accept, contentFormat) => {
    const stage = await BootstrapStage.begin();
    stage.configurations.set('dev', { instances: ACCOUNT });

    const answer = await ask(stage.device(), ['ep=dev'], accept);

    expect(formatCode(answer.code)).toBe('2.05');
    expect(uintOption(answer.options, OptionNumber.CONTENT_FORMAT)).toBe(contentFormat);
    const { node } = decodePayload(answer.payload, contentFormat, '/', objects);
    const [security, server] = ACCOUNT.map(({ resources }) => resources);
    expect(node).toEqual({
      kind: 'root',
      objects: [
        { kind: 'object', id: 0, instances: [{ kind: 'objectInstance', id: 0, resources: security }] },
        { kind: 'object', id: 1, instances: [{ kind: 'objectInstance', id: 1, resources: server }] },
      ],
    });
    expect(stage.taken()).toEqual([`pack of dev in ${contentFormat}`]);
    expect(stage.server.statistics).toMatchObject({ bootstrapPacks: 1, bootstraps: 0 });
  });

  test('goes to an address only when that is proven: it is much larger than the request', async () => {
    const stage = await BootstrapStage.begin();
    stage.configurations.set('dev', { instances: ACCOUNT });
    const device = stage.device();
    device.request(Code.GET, { path: ['bspack'], query: ['ep=dev'] });
    const answer = await device.one();
    expect(formatCode(answer.code)).toBe('4.01');
    expect(answer.payload).toHaveLength(0);
  });

  test('leaves the accounts of the Bootstrap-Server alone that the device names', async () => {
    const stage = await BootstrapStage.begin();
    stage.configurations.set('dev', ANY_ID);
    const answer = await ask(stage.device(), ['ep=dev', 'acc=0,2']);
    const { node } = decodePayload(answer.payload, 112, '/', objects);
    expect(node).toMatchObject({ objects: [{ instances: [{ id: 1 }] }, { instances: [{ id: 1 }] }] });
  });
});

describe('a Bootstrap-Pack-Request is refused', () => {
  test.each<readonly [string, readonly string[], number | undefined, string]>([
    ['in another format', ['ep=dev'], 11_542, '4.06 a pack is in one of 112, 110, 11544'],
    [
      'for an endpoint without a configuration',
      ['ep=x'],
      112,
      '4.04 there is no bootstrap configuration for this endpoint',
    ],
    ['without an endpoint name', [], 112, '4.00 ep is missing'],
    ['when free ids are not known', ['ep=any'], 112, '4.05 this configuration takes a Bootstrap-Request'],
    [
      'when it says a format in their place',
      ['ep=any', 'acc=112'],
      112,
      '4.05 this configuration takes a Bootstrap-Request',
    ],
    ['when they are said in words', ['ep=any', 'acc=none'], 112, '4.05 this configuration takes a Bootstrap-Request'],
  ])('%s', async (_name, query, accept, expected) => {
    const stage = await BootstrapStage.begin();
    stage.configurations.set('dev', { instances: ACCOUNT });
    stage.configurations.set('any', ANY_ID);
    expectRefused(await ask(stage.device(), query, accept), expected);
    expect(stage.taken()[0]).toMatch(/^refused bootstrapPack of /);
  });

  test('where it is turned off', async () => {
    const stage = await BootstrapStage.begin({ pack: false });
    stage.configurations.set('dev', { instances: ACCOUNT });
    expectRefused(await ask(stage.device(), ['ep=dev']), '5.01 this server gives no packs');
  });

  test('with 4.05 where the endpoint has a credential, and nobody has proven to be it', async () => {
    const stage = await BootstrapStage.begin({}, { noSec: false });
    stage.configurations.set('dev', { instances: ACCOUNT });
    expectRefused(await ask(stage.device(), ['ep=dev']), '4.05 devices without an identity are not admitted');
  });
});
