import { Code } from '@flownexus/coap';
import { expect, test } from 'vitest';
import { limits } from '../../src/limits.ts';
import { BOOTSTRAP_ACCOUNT, BootstrapStage, serverAccount } from './bootstrap-stage.ts';

const REQUEST = 'bootstrap POST /bs?ep=device&pct=112';
const PAUSE_SECONDS = limits.bootstrapBackoffMs.first / 1_000;

test('a refusal is told, and it is asked again after pauses that grow', async () => {
  const stage = await BootstrapStage.open(BOOTSTRAP_ACCOUNT);
  stage.bootstrapAnswers.push(
    { code: Code.BAD_REQUEST, payload: new TextEncoder().encode('who?') },
    { code: Code.BAD_REQUEST },
  );
  stage.device.start().catch(() => undefined);
  await stage.pass(1);
  expect(stage.troubles).toEqual(['bootstrap: the bootstrap server answered 4.00 who?']);
  await stage.pass(PAUSE_SECONDS);
  expect(stage.requests).toEqual([REQUEST, REQUEST]);
  await stage.pass(PAUSE_SECONDS * 2 - 2);
  expect(stage.requests).toHaveLength(2);
  await stage.pass(2);
  expect(stage.requests).toHaveLength(3);
  await stage.writeAccount(1);
  expect(await stage.finish()).toBe('2.04');
  await stage.close();
});

test('a bootstrap server that is not there is asked again', async () => {
  const stage = await BootstrapStage.open(BOOTSTRAP_ACCOUNT);
  stage.network.rule = () => 'drop';
  stage.device.start().catch(() => undefined);
  await stage.pass(100);
  stage.network.rule = undefined;
  expect(stage.troubles).toEqual([
    'bootstrap: the bootstrap server can not be asked: the peer did not acknowledge the request',
  ]);
  await stage.pass(100);
  expect(stage.requests).toEqual([REQUEST]);
  await stage.close();
});

test('one that does not finish is given up, and all is as it was', async () => {
  const contents = { ...BOOTSTRAP_ACCOUNT, ...serverAccount(1), '/3303/0/5700': 21 };
  const stage = await BootstrapStage.open(contents);
  await stage.clock.runUntil(stage.device.start());
  const before = stage.tree.read('/');
  stage.device.bootstrap();
  await stage.pass(1);
  await stage.ask(Code.DELETE, '/');
  await stage.pass(240);
  await stage.writeAccount(2);
  stage.requests.length = 0;
  await stage.pass(246);
  expect(stage.troubles).toEqual([]);
  await stage.pass(1);
  expect(stage.troubles).toEqual(['bootstrap: the bootstrap server did not finish']);
  expect(stage.tree.read('/')).toEqual(before);
  await stage.pass(PAUSE_SECONDS);
  expect(stage.requests).toEqual(['server POST /rd?lwm2m=1.1&ep=device&lt=300&b=U']);
  await stage.close();
});

test('what is executed is there again after a bootstrap that failed', async () => {
  const stage = await BootstrapStage.open({ ...BOOTSTRAP_ACCOUNT, '/5/0/3': 0 }, { bootstrapTimeoutMs: 10_000 });
  let executed = 0;
  stage.tree.onExecute('/5/0/2', () => void (executed += 1));
  stage.device.start().catch(() => undefined);
  await stage.pass(1);
  await stage.ask(Code.DELETE, '/5');
  await stage.writeAccount(1);
  expect(stage.tree.has('/5/0/2')).toBe(false);
  await stage.pass(10);
  await stage.pass(PAUSE_SECONDS);
  await stage.writeAccount(1);
  await stage.finish();
  await stage.pass(1);
  expect(await stage.askFromServer(Code.POST, '/5/0/2')).toBe('2.04');
  expect(executed).toBe(1);
  await stage.close();
});

test('a device that is stopped while it bootstraps puts everything back, and asks no more', async () => {
  const stage = await BootstrapStage.bootstrapping();
  await stage.writeAccount(1);
  await stage.clock.runUntil(stage.device.stop());
  expect(stage.tree.instancePaths()).toEqual(['/0/0', '/3/0']);
  await stage.pass(1_000);
  expect(stage.requests).toEqual([REQUEST]);
  expect(stage.troubles).toEqual([]);
  await stage.close();
});

test.each([
  ['http://example.com', '"http://example.com": expected the scheme coap or coaps, found http'],
  ['example.com:5683', '"example.com:5683": expected an absolute URI like coap://host/path'],
  ['', 'nothing: expected an absolute URI like coap://host/path'],
])('a bootstrap account with the URI "%s" is told', async (uri, found) => {
  const stage = await BootstrapStage.bootstrapping({ ...BOOTSTRAP_ACCOUNT, '/0/0/0': uri });
  expect(stage.troubles).toEqual([`bootstrap: /0/0/0 is no URI of a server, but ${found}`]);
  await stage.close();
});

test('a server account that can not be used is told', async () => {
  const stage = await BootstrapStage.bootstrapping({ ...serverAccount(1), '/0/1/2': 0 });
  expect(stage.troubles).toEqual(['1: /0/1 has a coap URI with the Security Mode 0']);
  await stage.close();
});
