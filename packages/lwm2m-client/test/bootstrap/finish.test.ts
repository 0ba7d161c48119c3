import type { CoapReply } from '@flownexus/coap';
import { expect, test } from 'vitest';
import { BOOTSTRAP_ACCOUNT, BootstrapStage } from './bootstrap-stage.ts';

test('an account that lacks something is answered 4.06 with what it is, until it is there (ETS 9)', async () => {
  const stage = await BootstrapStage.bootstrapping();
  expect(await stage.finish()).toBe('4.06 there is no server to register with');
  await stage.write('/1/1/5', { '/1/1/5': 86_400 });
  expect(await stage.finish()).toBe('4.06 /1/1/0 is missing');
  await stage.writeAccount(1);
  expect(await stage.finish()).toBe('2.04');
  await stage.pass(1);
  expect(stage.events).toEqual(['bootstrapped', 'registered 1']);
  await stage.close();
});

test('any other POST is refused', async () => {
  const stage = await BootstrapStage.bootstrapping();
  await stage.writeAccount(1);
  expect(await stage.ask(2, '/1/1/8')).toBe('4.05 a POST but for Bootstrap-Finish');
  expect(await stage.ask(2, '/bs/1')).toBe('4.05 a POST but for Bootstrap-Finish');
  expect(await stage.ask(5, '/')).toBe('4.05 no such operation');
  await stage.close();
});

test('counts also when the Bootstrap-Request itself is never answered', async () => {
  const stage = await BootstrapStage.open(BOOTSTRAP_ACCOUNT);
  stage.bootstrapAnswers.push(new Promise<never>(() => undefined) as unknown as CoapReply);
  stage.device.start().catch(() => undefined);
  await stage.pass(5); // the Empty ACK
  await stage.writeAccount(1);
  expect(await stage.finish()).toBe('2.04');
  await stage.pass(1);
  expect(stage.events).toEqual(['bootstrapped', 'registered 1']);
  await stage.pass(250);
  expect(stage.troubles).toEqual([]);
  expect(stage.tree.instancePaths()).toEqual(['/0/0', '/0/1', '/1/1', '/3/0']);
  await stage.close();
});
