import { Code } from '@flownexus/coap';
import { expect, test } from 'vitest';
import { BOOTSTRAP_ACCOUNT, BootstrapStage } from './bootstrap-stage.ts';

const REGISTER = 'server POST /rd?lwm2m=1.1&ep=device&lt=300&b=U';
const REQUEST = 'bootstrap POST /bs?ep=device&pct=112';

test('a device with a bootstrap account alone asks, takes an account, and registers with it (ETS 0)', async () => {
  const stage = await BootstrapStage.open(BOOTSTRAP_ACCOUNT);
  const started = stage.device.start();
  await stage.pass(1);
  expect(stage.requests).toEqual([REQUEST]);
  await stage.writeAccount(1);
  expect(await stage.discover()).toBe(
    '2.05 </>;lwm2m=1.1,</0>;ver=1.2,</0/0>,</0/1>;ssid=1;uri="coap://10.0.0.1:5683",</1>;ver=1.2,</1/1>;ssid=1,</3>;ver=1.2,</3/0>',
  );
  expect(stage.requests).toEqual([REQUEST]);
  expect(await stage.finish()).toBe('2.04');
  await stage.clock.runUntil(started);
  expect(stage.requests).toEqual([REQUEST, REGISTER]);
  expect(stage.events).toEqual(['bootstrapped', 'registered 1']);
  expect(stage.device.clients.get(1)?.registrationId).toBe('r');
  expect(stage.troubles).toEqual([]);
  await stage.clock.runUntil(stage.device.stop());
  expect(stage.requests.at(-1)).toBe('server DELETE /rd/r');
  await stage.close();
});

test('the Client Hold Off Time is waited for', async () => {
  const stage = await BootstrapStage.bootstrapping({ ...BOOTSTRAP_ACCOUNT, '/0/0/11': 30 });
  await stage.pass(28);
  expect(stage.requests).toEqual([]);
  await stage.pass(2);
  expect(stage.requests).toEqual([REQUEST]);
  await stage.close();
});

test('an answer to Finish that is lost is given once more', async () => {
  const stage = await BootstrapStage.bootstrapping();
  await stage.writeAccount(1);
  let drops = 1;
  stage.network.rule = ({ from }) => (from.host === '10.0.0.2' && drops-- > 0 ? 'drop' : 'deliver');
  expect(await stage.finish()).toBe('2.04');
  expect(stage.events[0]).toBe('bootstrapped');
  await stage.close();
});

test('a bootstrap server that is done is not served any more, and the device closes its end', async () => {
  const stage = await BootstrapStage.bootstrapping();
  await stage.writeAccount(1);
  await stage.finish();
  expect(await stage.discover()).toBe('4.01 for the bootstrap server alone');
  expect(await stage.ask(Code.DELETE, '/1/1')).toBe('4.01 for the bootstrap server alone');
  await stage.pass(60);
  await expect(stage.discover()).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
  await stage.close();
});

test('a device without any account says so', async () => {
  const stage = await BootstrapStage.open({ '/3/0/0': 'Example' });
  await expect(stage.device.start()).rejects.toMatchObject({ code: 'ERR_LWM2M_CLIENT_ACCOUNT' });
  await expect(stage.device.start()).rejects.toMatchObject({ code: 'ERR_LWM2M_CLIENT_STATE' });
  await stage.close();
});
