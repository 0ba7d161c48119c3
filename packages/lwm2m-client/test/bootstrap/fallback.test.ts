import { Code } from '@flownexus/coap';
import { expect, test } from 'vitest';
import { limits } from '../../src/limits.ts';
import { BOOTSTRAP_ACCOUNT, BootstrapStage, serverAccount } from './bootstrap-stage.ts';

const REQUEST = 'bootstrap POST /bs?ep=device&pct=112';
/** Nobody is there. */
const NOBODY = 'coap://10.0.0.9:5683';
const DEVICE = { ...BOOTSTRAP_ACCOUNT, ...serverAccount(1, 1, NOBODY), ...serverAccount(2, 2, NOBODY) };

/** Retransmissions of one request, with the longest pause before the next. */
const ATTEMPT_SECONDS = 93 + 60;

test('a device that reaches none of its servers asks the bootstrap server, and registers with what that gives (ETS 7)', async () => {
  const stage = await BootstrapStage.open(DEVICE);
  const started = stage.device.start();
  let seconds = 0;
  for (; stage.requests.length === 0; seconds += 10) await stage.pass(10);
  expect(seconds).toBeLessThan(ATTEMPT_SECONDS * limits.registrationAttempts);
  expect(stage.troubles).toHaveLength(2 * limits.registrationAttempts);
  expect(stage.requests).toEqual([REQUEST]);
  await stage.ask(Code.DELETE, '/0');
  await stage.ask(Code.DELETE, '/1');
  await stage.writeAccount(3);
  expect(await stage.finish()).toBe('2.04');
  await stage.clock.runUntil(started);
  expect(stage.events).toEqual(['bootstrapped', 'registered 3']);
  expect([...stage.device.clients.keys()]).toEqual([3]);
  await stage.close();
});

test('the Communication Retry Count says how often it is tried', async () => {
  const stage = await BootstrapStage.open({ ...BOOTSTRAP_ACCOUNT, ...serverAccount(1, 1, NOBODY), '/1/1/17': 1 });
  stage.device.start().catch(() => undefined);
  await stage.pass(93);
  expect(stage.troubles).toEqual(['1: the peer did not acknowledge the request']);
  expect(stage.requests).toEqual([REQUEST]);
  await stage.close();
});

test('one server that accepts is enough', async () => {
  const stage = await BootstrapStage.open({ ...DEVICE, ...serverAccount(3) });
  await stage.clock.runUntil(stage.device.start());
  await stage.pass(ATTEMPT_SECONDS * 10);
  expect(stage.requests.filter((request) => request.startsWith('bootstrap'))).toEqual([]);
  await stage.close();
});

test('a refusal counts at once', async () => {
  const stage = await BootstrapStage.open({ ...BOOTSTRAP_ACCOUNT, ...serverAccount(1) });
  stage.answers.push({ code: Code.FORBIDDEN });
  stage.device.start().catch(() => undefined);
  await stage.pass(1);
  expect(stage.troubles).toEqual(['1: registration answered 4.03']);
  expect(stage.requests.at(-1)).toBe(REQUEST);
  await stage.close();
});

test('a server that refuses a registered device counts too', async () => {
  const stage = await BootstrapStage.open({ ...BOOTSTRAP_ACCOUNT, ...serverAccount(1) });
  await stage.clock.runUntil(stage.device.start());
  stage.answers.push({ code: Code.NOT_FOUND }, { code: Code.BAD_REQUEST });
  await stage.pass(300);
  expect(stage.requests.at(-1)).toBe(REQUEST);
  await stage.close();
});

test.each([
  ['without a bootstrap account', { '/0/0/1': false, '/0/0/10': 9, '/0/0/0': NOBODY }],
  ['when the account says that it is no reason', { '/1/1/16': false }],
])('%s a device goes on trying', async (_, contents) => {
  const stage = await BootstrapStage.open({ ...BOOTSTRAP_ACCOUNT, ...serverAccount(1), ...contents });
  stage.answers.push({ code: Code.FORBIDDEN });
  const started = stage.device.start();
  await stage.pass(limits.refusedRetryMs / 1_000 - 1);
  expect(stage.requests).toHaveLength(1);
  await stage.pass(2);
  await stage.clock.runUntil(started);
  expect(stage.events).toEqual(['registered 1']);
  await stage.close();
});
