import { Code } from '@flownexus/coap';
import { ContentFormat } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { encoded } from '../scenarios/world.ts';
import { BOOTSTRAP_ACCOUNT, BootstrapStage, serverAccount } from './bootstrap-stage.ts';

const FORMATS = [ContentFormat.TLV, ContentFormat.SENML_JSON, ContentFormat.SENML_CBOR, ContentFormat.OMA_JSON];

test.each(FORMATS)('an Object Instance that is not there is made (format %s)', async (contentFormat) => {
  const stage = await BootstrapStage.bootstrapping();
  const values = { '/1/7/0': 3, '/1/7/1': 60, '/1/7/7': 'U' };
  expect(await stage.write('/1/7', values, contentFormat)).toBe('2.04');
  expect([stage.tree.content('/1/7/0'), stage.tree.content('/1/7/7')]).toEqual([3, 'U']);
  await stage.close();
});

test('LwM2M CBOR is taken in LwM2M 1.2', async () => {
  const stage = await BootstrapStage.bootstrapping(BOOTSTRAP_ACCOUNT, { lwm2mVersion: '1.2' });
  expect(await stage.write('/1', { '/1/7/0': 3, '/1/8/0': 4 }, ContentFormat.LWM2M_CBOR)).toBe('2.04');
  expect(stage.tree.instanceIds(1)).toEqual([7, 8]);
  await stage.close();
});

test('an Object Instance that is there is replaced, others of its Object stay', async () => {
  const stage = await BootstrapStage.bootstrapping({
    ...BOOTSTRAP_ACCOUNT,
    ...serverAccount(1),
    ...serverAccount(2),
    '/0/0/11': 0,
  });
  stage.device.bootstrap();
  await stage.pass(1);
  await stage.write('/1', { '/1/1/0': 9, '/1/1/1': 60 });
  expect(stage.tree.resourceIds(1, 1)).toEqual([0, 1]);
  expect(stage.tree.content('/1/2/0')).toBe(2);
  await stage.close();
});

test('a Resource is written beside the others of its instance, which is made where it takes one', async () => {
  const stage = await BootstrapStage.bootstrapping();
  await stage.write('/1/1', { '/1/1/0': 1, '/1/1/1': 60 });
  await stage.write('/1/1/5', { '/1/1/5': 86_400 });
  expect(stage.tree.resourceIds(1, 1)).toEqual([0, 1, 5]);
  expect(await stage.write('/1/2/5', { '/1/2/5': 86_400 }, ContentFormat.TEXT)).toBe('2.04');
  expect(stage.tree.resourceIds(1, 2)).toEqual([5]);
  await stage.close();
});

test('what servers can not write is written, as is what they can not see', async () => {
  const stage = await BootstrapStage.bootstrapping();
  expect(await stage.write('/2/0', { '/2/0/0': 3, '/2/0/1': 0, '/2/0/2/0': 31, '/2/0/3': 65_535 })).toBe('2.04');
  expect(stage.tree.content('/2/0/2')).toEqual(new Map([[0, 31]]));
  expect(await stage.write('/3/0', { '/3/0/0': 'Another', '/3/0/7/0': 3800 })).toBe('2.04');
  expect(stage.tree.content('/3/0/0')).toBe('Another');
  await stage.close();
});

test('what a device does not know is left out, and empty values are taken as Leshan writes them', async () => {
  const stage = await BootstrapStage.bootstrapping();
  const payload = Uint8Array.of(0xc1, 0x00, 0x01, 0xe2, 0x7f, 0xff, 0x01, 0x01, 0xc0, 0x07);
  expect(await stage.ask(Code.PUT, '/1/1', { contentFormat: ContentFormat.TLV, payload: payload.subarray(0, 3) })).toBe(
    '2.04',
  );
  const security = Uint8Array.of(0xc1, 0x02, 0x03, 0xe1, 0x7f, 0xff, 0x01, 0xc0, 0x07);
  expect(await stage.ask(Code.PUT, '/0/1', { contentFormat: ContentFormat.TLV, payload: security })).toBe('2.04');
  expect(stage.tree.resourceIds(0, 1)).toEqual([2, 7]);
  await stage.close();
});

test.each([
  ['everything', '/', '4.00'],
  ['a Resource Instance', '/2/0/2/0', '4.00'],
  ['an Object that the device does not have', '/3303/0', '4.00'],
  ['an Object without a definition', '/59999/0', '4.00'],
  ['what is no path', '/1/x', '4.00'],
])('a Write to %s is refused', async (_, path, code) => {
  const stage = await BootstrapStage.bootstrapping();
  const answer = await stage.ask(Code.PUT, path, {
    contentFormat: ContentFormat.TLV,
    payload: Uint8Array.of(0xc1, 0, 1),
  });
  expect(answer).toMatch(new RegExp(`^${code} .`));
  await stage.close();
});

test.each([
  ['a format that the device does not have', 9_999, '4.15'],
  ['text for an Object Instance', ContentFormat.TEXT, '4.15'],
  ['no format', undefined, '4.00'],
  ['what is not in its format', ContentFormat.SENML_JSON, '4.00'],
])('%s is refused', async (_, contentFormat, code) => {
  const stage = await BootstrapStage.bootstrapping();
  const format = contentFormat === undefined ? {} : { contentFormat };
  const answer = await stage.ask(Code.PUT, '/1/1', { ...format, payload: Uint8Array.of(0xc1, 0, 1) });
  expect(answer).toMatch(new RegExp(`^${code} .`));
  expect(stage.tree.instanceIds(1)).toEqual([]);
  await stage.close();
});

test('nothing is written of a payload with one value of another type', async () => {
  const stage = await BootstrapStage.bootstrapping();
  const payload = new TextEncoder().encode('[{"bn":"/1/1/","n":"0","v":1},{"n":"1","vs":"long"}]');
  const answer = await stage.ask(Code.PUT, '/1/1', { contentFormat: ContentFormat.SENML_JSON, payload });
  expect(answer).toMatch(/^4\.00 .*\/1\/1\/1/);
  expect(stage.tree.has('/1/1')).toBe(false);
  await stage.close();
});

test('what an application executes stays in an Object Instance that is replaced', async () => {
  const stage = await BootstrapStage.bootstrapping();
  stage.tree.onExecute('/3/0/12', () => undefined);
  await stage.write('/3/0', { '/3/0/1': 'Model' });
  expect(stage.tree.resourceIds(3, 0)).toEqual([1, 12]);
  await stage.close();
});

test('listeners hear of a change when the answer has left', async () => {
  const stage = await BootstrapStage.bootstrapping();
  const heard: string[] = [];
  stage.tree.onChange((path, kind) => heard.push(`${kind} ${String(path.objectId)}`));
  await stage.write('/1/1', { '/1/1/0': 1 });
  expect(heard).toEqual(['added 1', 'added 1']);
  await stage.close();
});

test.each(['/d01/1/7', '/1/65535'])('nothing is written at %s', async (path) => {
  const stage = await BootstrapStage.bootstrapping();
  const payload = encoded('/1/7', ContentFormat.TLV, { '/1/7/0': 7 });
  const answer = await stage.ask(Code.PUT, path, { contentFormat: ContentFormat.TLV, payload });
  expect(answer).toBe(`4.00 nothing is bootstrapped at ${path}`);
  expect(stage.tree.instancePaths()).toEqual(['/0/0', '/3/0']);
  await stage.close();
});
