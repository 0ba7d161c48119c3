import { buildOptions, Code, encodeMessage, formatCode, MessageType } from '@flownexus/coap';
import { seededRandom } from '@flownexus/datagram/testing';
import { expect, test } from 'vitest';
import { LINKS, Stage, type ScriptedDevice } from '../scripted-device.ts';
import { Dice, FACTOR, TIMEOUT_MS } from './dice.ts';
import { expectUnharmed, honest } from './honest.ts';

// More than a server can have, from one address or from many.

/** Sends a Register without waiting for its answer. */
function register(device: ScriptedDevice, query: string, messageId: number, links: string = LINKS): void {
  device.sendBytes(
    encodeMessage({
      type: MessageType.CON,
      code: Code.POST,
      messageId,
      token: Uint8Array.of(messageId >> 8, messageId & 0xff),
      options: buildOptions({ path: ['rd'], query: query.split('&'), contentFormat: 40 }),
      payload: new TextEncoder().encode(links),
    }),
  );
}

test('thousands of registrations from one address', { timeout: TIMEOUT_MS }, async () => {
  const count = FACTOR * 2_000;
  const stage = await Stage.start({ maxRegistrations: count });
  const good = await honest(stage);
  const evil = stage.device(50_100);
  for (let index = 0; index < count; index += 1) {
    register(evil, `lwm2m=1.1&ep=evil${index}&lt=600`, index);
    if (index % 8 === 7) await evil.ignore();
  }
  expect(stage.server.statistics.registrations).toBe(count);
  await stage.clock.advanceAsync(2_000_000);
  stage.log.splice(0, stage.log.length, ...stage.log.filter((line) => line.startsWith('error')));
  await expectUnharmed(stage, good);
  expect(stage.server.statistics.registrations).toBe(1);
});

test('Registers while handlers are slow', { timeout: TIMEOUT_MS }, async () => {
  const dice = new Dice(seededRandom(7));
  const open: (() => void)[] = [];
  let slow = false;
  const stage = await Stage.start({
    onRegister: () => (slow ? new Promise<void>((resolve) => open.push(resolve)) : undefined),
  });
  const good = await honest(stage);
  slow = true;
  const devices = Array.from({ length: 20 }, (_, index) => stage.device(50_000 + index));
  for (let index = 0; index < FACTOR * 2_000; index += 1) {
    const device = dice.one(devices);
    register(device, `lwm2m=1.1&ep=evil${dice.below(5)}&lt=600`, index & 0xffff);
    if (index % 50 === 49) {
      await stage.settle();
      // One name has one handler at a time.
      expect(open.length).toBeLessThanOrEqual(5);
      expect(await good.update()).toBe('2.04');
      for (const done of open.splice(0)) done();
    }
  }
  slow = false;
  for (let rest = open.splice(0); rest.length > 0; rest = open.splice(0)) {
    for (const done of rest) done();
    await stage.settle();
  }
  for (const device of devices) await device.ignore();
  const refused = stage.log.filter((line) => line.includes('5.03'));
  expect(refused.length).toBeGreaterThan(0);
  stage.log.splice(0, stage.log.length, ...stage.log.filter((line) => line.startsWith('error')));
  await expectUnharmed(stage, good);
});

test('object lists that are as long and odd as they may be', { timeout: TIMEOUT_MS }, async () => {
  const stage = await Stage.start();
  const good = await honest(stage);
  const evil = stage.device(50_100);
  const answers = new Set<string>();
  for (const [index, links] of [
    '</1/0>,'.repeat(140).slice(0, -1),
    Array.from({ length: 100 }, (_, id) => `</${id}/0>`).join(','),
    `</>;rt="oma.lwm2m ${'x '.repeat(400)}"`,
    `</${'a/'.repeat(400)}>;rt="oma.lwm2m",</1/0>`,
    `</1/0>;${'a;'.repeat(30)}`,
    `</1/0>;${'a;'.repeat(300)}`,
    `</1/0>;a="${String.raw`\"`.repeat(400)}"`,
    ','.repeat(900),
    '</',
    '',
    '</x>',
  ].entries()) {
    register(evil, `lwm2m=1.2&ep=evil&lt=600${index % 2 === 0 ? '' : `&pid=6:0000000${index}`}`, index, links);
    for (const { code } of await evil.received()) answers.add(formatCode(code));
  }
  expect([...answers].toSorted()).toEqual(['2.01', '4.00', '4.09']);
  stage.log.splice(0, stage.log.length, ...stage.log.filter((line) => line.startsWith('error')));
  await expectUnharmed(stage, good);
});

test('profiles that one device teaches are not those of another', { timeout: TIMEOUT_MS }, async () => {
  const stage = await Stage.start();
  const good = await honest(stage);
  const evil = stage.device(50_100);
  for (let index = 0; index < FACTOR * 200; index += 1) {
    await evil.register(`lwm2m=1.2&ep=evil${index}&lt=600&pid=6:27354b9a`, '</66/6>');
  }
  const device = stage.device(50_200);
  expect(await device.register('lwm2m=1.2&ep=dev&lt=600&pid=6:27354b9a', '')).toBe('4.09');
  expect(await device.register('lwm2m=1.2&ep=dev&lt=600&pid=6:27354b9a')).toBe('2.01');
  expect(await device.register('lwm2m=1.2&ep=dev&lt=600&pid=6:27354b9a', '')).toBe('2.01');
  expect(stage.server.registration('dev')?.instances.has(66)).toBe(false);
  stage.log.splice(0, stage.log.length, ...stage.log.filter((line) => line.startsWith('error')));
  await expectUnharmed(stage, good);
});
