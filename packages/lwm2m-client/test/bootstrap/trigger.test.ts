import { Code } from '@flownexus/coap';
import { expect, test } from 'vitest';
import { BOOTSTRAP_ACCOUNT, BootstrapStage, serverAccount } from './bootstrap-stage.ts';

const REGISTER = 'server POST /rd?lwm2m=1.1&ep=device&lt=300&b=U';
const DEREGISTER = 'server DELETE /rd/r';
const REQUEST = 'bootstrap POST /bs?ep=device&pct=112';

async function registered(contents = { ...BOOTSTRAP_ACCOUNT, ...serverAccount(1) }): Promise<BootstrapStage> {
  const stage = await BootstrapStage.open(contents);
  await stage.clock.runUntil(stage.device.start());
  return stage;
}

test('the Bootstrap-Request Trigger has the device leave, bootstrap and register anew (ETS 5)', async () => {
  const stage = await registered();
  expect(await stage.askFromServer(Code.POST, '/1/1/9')).toBe('2.04');
  await stage.pass(1);
  expect(stage.requests).toEqual([REGISTER, DEREGISTER, REQUEST]);
  await stage.writeAccount(1);
  await stage.finish();
  await stage.pass(1);
  expect(stage.requests).toEqual([REGISTER, DEREGISTER, REQUEST, REGISTER]);
  expect(stage.events).toEqual(['registered 1', 'bootstrapped', 'registered 1']);
  expect(await stage.askFromServer(Code.POST, '/1/1/9')).toBe('2.04');
  await stage.close();
});

test('nobody is served by a device that bootstraps but its bootstrap server', async () => {
  const stage = await registered();
  stage.device.bootstrap();
  await stage.pass(1);
  await expect(stage.askFromServer(Code.GET, '/3/0/0')).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
  await stage.close();
});

test('a registered server has nothing of the Objects of security and bootstrap', async () => {
  const stage = await registered({ ...BOOTSTRAP_ACCOUNT, ...serverAccount(1) });
  for (const path of ['/0', '/0/0/0', '/21', '/bs']) {
    for (const method of [Code.GET, Code.PUT, Code.POST, Code.DELETE]) {
      expect(await stage.askFromServer(method, path)).toMatch(/^4\.0[145]/);
    }
  }
  await stage.close();
});

test('without a bootstrap account the trigger does nothing', async () => {
  const stage = await registered(serverAccount(1));
  expect(await stage.askFromServer(Code.POST, '/1/1/9')).toBe('2.04');
  await stage.pass(10);
  expect(stage.requests).toEqual([REGISTER]);
  await stage.close();
});
