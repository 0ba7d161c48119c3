import { expect, test } from 'vitest';
import { BOOTSTRAP_ACCOUNT, BootstrapStage } from './bootstrap-stage.ts';

async function at(
  lwm2mVersion: '1.0' | '1.1' | '1.2',
): Promise<{ readonly discover: (path: string) => Promise<string> }> {
  const stage = await BootstrapStage.bootstrapping(BOOTSTRAP_ACCOUNT, { lwm2mVersion });
  await stage.writeAccount(101, 1);
  stage.tree.set('/21/0/0', 'secret');
  stage.tree.set('/0/1/17', { objectId: 21, objectInstanceId: 0 });
  stage.tree.addObject(16);
  return { discover: (path) => stage.discover(path) };
}

test('Objects and instances, with the versions of Objects and the Short Server IDs and URIs of accounts', async () => {
  const { discover } = await at('1.1');
  expect(await discover('/')).toBe(
    '2.05 </>;lwm2m=1.1,</0>;ver=1.2,</0/0>,</0/1>;ssid=101;uri="coap://10.0.0.1:5683",' +
      '</1>;ver=1.2,</1/1>;ssid=101,</3>;ver=1.2,</3/0>,</16>,</21>;ver=2.0,</21/0>;ssid=101',
  );
});

test('of one Object', async () => {
  const { discover } = await at('1.2');
  expect(await discover('/1')).toBe('2.05 </>;lwm2m=1.2,</1/1>;ssid=101');
  expect(await discover('/16')).toBe('2.05 </>;lwm2m=1.2,</16>');
});

test('the form of LwM2M 1.0', async () => {
  const { discover } = await at('1.0');
  expect(await discover('/0')).toBe('2.05 lwm2m="1.0",</0>;ver=1.2,</0/0>,</0/1>;ssid=101');
});

test('what is not there, and what is deeper, is refused', async () => {
  const { discover } = await at('1.1');
  expect(await discover('/3303')).toBe('4.04 no /3303');
  expect(await discover('/1/1')).toBe('4.00 a Bootstrap-Discover of /1/1');
});
