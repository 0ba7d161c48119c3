import {
  buildOptions,
  Code,
  encodeMessage,
  MessageType,
  OptionNumber,
  uintOption,
  type CoapMessage,
  type CoapOption,
} from '@flownexus/coap';
import { seededRandom } from '@flownexus/datagram/testing';
import { parsePath } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import type { Device } from '../../src/index.ts';
import { Stage, type ScriptedDevice } from '../scripted-device.ts';
import { Dice, FACTOR, TIMEOUT_MS } from './dice.ts';
import { expectUnharmed, honest } from './honest.ts';

// A registered device that answers each request of the server with whatever it likes, as often and as late as it likes, and notifies without being asked.

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const OPERATIONS: readonly ((target: Device) => Promise<unknown>)[] = [
  (target) => target.read('/3'),
  (target) => target.read('/3/0/9'),
  (target) => target.write('/3/0/15', 'UTC'),
  (target) => target.write('/5/0/0', new Uint8Array(3_000)),
  (target) => target.writeAttributes('/3303/0/5700', { pmin: 1 }),
  (target) => target.execute('/3/0/4'),
  (target) => target.create('/3303', []),
  (target) => target.delete('/3303/0'),
  (target) => target.discover('/3'),
  (target) => target.gateway(),
  (target) => target.readComposite(['/3/0/9', '/3303']),
  (target) => target.writeComposite([{ path: parsePath('/1/0/1'), type: 'integer', value: 60, time: undefined }]),
  (target) => target.request({ method: 'GET', path: ['x'] }),
  async (target) => {
    const observation = target.observe('/3303/0/5700', { timeoutMs: 30_000, attributes: { pmin: 1 } });
    await observation.established;
    await observation.cancel();
  },
  async (target) => {
    const observation = target.observeComposite(['/3/0/9', '/1/0/1'], { timeoutMs: 30_000 });
    await observation.established;
    await observation.cancel({ passive: true });
  },
];

const CODES = [
  Code.EMPTY,
  Code.GET,
  Code.CREATED,
  Code.DELETED,
  Code.VALID,
  Code.CHANGED,
  Code.CONTENT,
  Code.CONTENT,
  Code.CONTENT,
  Code.CONTINUE,
  Code.BAD_REQUEST,
  Code.NOT_ACCEPTABLE,
  Code.REQUEST_ENTITY_INCOMPLETE,
  Code.REQUEST_ENTITY_TOO_LARGE,
  Code.UNSUPPORTED_CONTENT_FORMAT,
  Code.INTERNAL_SERVER_ERROR,
  0x5e,
  0x7f,
  0xe1,
  0xff,
];
const PAYLOADS: readonly Uint8Array[] = [
  text(''),
  text('7'),
  text('[{"bn":"/3/0/","n":"9","v":60}]'),
  text('[{"bn":"/3303/0/5700","bt":-1e300,"v":1},{"t":1e300,"v":2}]'),
  text('</3/0>,</3/0/9>;pmin=1'),
  text('[{"n":"/25/0/1","vs":"d01"},{"n":"/25/0/3","vlo":"x"},{"n":"/25/0/3","vs":"</3/0>"}]'),
  text('['.repeat(900)),
  Uint8Array.of(0xc1, 0x09, 0x3c),
  Uint8Array.of(0x08, 0x00, 0x03, 0xc1, 0x09, 0x3c),
  Uint8Array.from({ length: 900 }, () => 0x9f),
  new Uint8Array(1_100),
];
const FORMATS = [undefined, 0, 40, 42, 60, 110, 112, 11_542, 11_543, 11_544, 65_000];
const NUMBERS = [1, 4, 5, 8, 9, 14, 19, 20, 28, 35, 60, 252, 65_001];

/** An answer in which all is possible, though the token is mostly right. */
function answer(dice: Dice, request: CoapMessage): Uint8Array {
  const more: CoapOption[] = Array.from({ length: dice.below(3) }, () => ({
    number: dice.one(NUMBERS),
    value: dice.bytes(dice.below(9)),
  }));
  if (dice.once(4))
    more.push({ number: dice.one([OptionNumber.BLOCK1, OptionNumber.BLOCK2]), value: dice.bytes(dice.below(4)) });
  // What goes on as if it would never end.
  if (dice.once(6))
    more.push({
      number: OptionNumber.BLOCK2,
      value: Uint8Array.of(((uintOption(request.options, OptionNumber.BLOCK2) ?? 0) & 0xf0) | 0x0e),
    });
  const payload = dice.one(PAYLOADS);
  const bytes = encodeMessage({
    type: dice.one([
      MessageType.ACK,
      MessageType.ACK,
      MessageType.ACK,
      MessageType.CON,
      MessageType.NON,
      MessageType.RST,
    ]),
    code: Code.CONTENT,
    messageId: dice.once(8) ? dice.below(65_536) : request.messageId,
    token: dice.once(8) ? dice.bytes(dice.below(9)) : request.token,
    options: [
      ...buildOptions({ contentFormat: dice.one(FORMATS), observe: dice.once(2) ? dice.below(0x1000000) : undefined }),
      ...more,
    ].sort((a, b) => a.number - b.number),
    payload: dice.once(3) ? dice.mutated(payload).slice(0, 1_100) : payload,
  });
  bytes[1] = dice.one(CODES); // also those that no message may have
  return dice.once(6) ? dice.mutated(bytes).slice(0, 1_200) : bytes;
}

/** Answers what has arrived, some of it not, some of it twice, and repeats what it has said before. */
async function misbehave(device: ScriptedDevice, dice: Dice, said: Uint8Array[]): Promise<number> {
  const requests = await device.received();
  for (const request of requests) {
    if (dice.once(10)) continue;
    // Or else it is asked again for many virtual minutes.
    for (let times = 1 + dice.below(2); times > 0; times -= 1) {
      const bytes = answer(dice, request);
      device.sendBytes(bytes);
      if (said.length < 200) said.push(bytes);
      else said[dice.below(200)] = bytes;
    }
  }
  if (said.length > 0 && dice.once(3)) device.sendBytes(dice.one(said));
  if (dice.once(3)) device.notify(dice.bytes(dice.below(9)), dice.below(0x1000000), dice.one(PAYLOADS));
  return requests.length;
}

test.each([1, 2])(
  'a device that answers what it likes harms its own operations alone: seed %i',
  { timeout: TIMEOUT_MS },
  async (seed) => {
    const dice = new Dice(seededRandom(seed));
    const stage = await Stage.start({ observe: [{ path: '/1/0/1' }], onNotify: () => undefined });
    const good = await honest(stage);
    await good.ignore();
    const evil = stage.device(50_100);
    const target = stage.server.device('evil');
    const said: Uint8Array[] = [];
    const settled: Promise<unknown>[] = [];
    let begun = 0;
    let heard = 0;
    for (let round = 0; round < FACTOR * 25; round += 1) {
      await evil.ignore();
      await evil.register(`lwm2m=${dice.one(['1.0', '1.1', '1.2'])}&ep=evil&lt=4000000${dice.once(3) ? '&Q' : ''}`);
      for (let index = 0; index < 4; index += 1) {
        begun += 1;
        settled.push(
          dice
            .one(OPERATIONS)(target)
            .then(
              () => undefined,
              (error: unknown) => error,
            ),
        );
        for (let step = 0; step < 6; step += 1) heard += await misbehave(evil, dice, said);
        await stage.clock.advanceAsync(dice.one([10, 3_000, 20_000]));
      }
      // One that it only acknowledges holds up the others until it is given up (RFC 7252 §4.7).
      if (dice.once(2)) await stage.clock.advanceAsync(300_000);
      stage.log.splice(0, stage.log.length, ...stage.log.filter((line) => line.startsWith('error')));
    }
    await evil.ignore();
    await evil.register('lwm2m=1.1&ep=evil&lt=4000000');
    await evil.deregister();
    // Each of those under way is waited for as long as RFC 7252 wants, one after another.
    await stage.clock.advanceAsync(begun * 600_000);
    const errors = (await Promise.all(settled)).filter((error) => error !== undefined);
    expect(settled).toHaveLength(begun);
    expect(heard).toBeGreaterThan(begun);
    expect(stage.server.statistics.answers).toBeGreaterThan(begun / 5);
    // Each has a reason that has a code: nothing of ours is thrown through.
    expect(errors.filter((error) => !/^ERR_LWM2M/.test(String((error as { code?: unknown }).code)))).toEqual([]);
    expect(stage.server.statistics.registrations).toBe(1);
    await expectUnharmed(stage, good);
  },
);
