import { Code, encodeMessage, MessageType, OptionNumber, type CoapOption } from '@flownexus/coap';
import { seededRandom } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';
import {
  bytesSource,
  CoapFiles,
  formatRegistration,
  parseRegistration,
  type RegistrationStore,
} from '../../src/index.ts';
import { LINKS, Stage, type ScriptedDevice } from '../scripted-device.ts';
import { Dice, FACTOR, TIMEOUT_MS } from './dice.ts';
import { expectUnharmed, honest } from './honest.ts';

// Requests of all kinds for all that a server has, from strangers and from a device that is registered.

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const SEGMENTS = [
  'rd',
  'dp',
  'bs',
  'bspack',
  '',
  '.well-known',
  'core',
  '0',
  'x'.repeat(255),
  '\u0000',
  '\ud83d\ude00',
];
const QUERIES = [
  'ep=evil',
  'ep=dev',
  'ep=',
  'ep',
  'ep=..',
  `ep=${'e'.repeat(252)}`,
  'ep=\u0000',
  'lt=60',
  'lt=0',
  'lt=abc',
  'lt',
  'lt=-1',
  'lt=4294967295',
  'lt=99999999999',
  'lwm2m=1.0',
  'lwm2m=1.1',
  'lwm2m=1.2',
  'lwm2m=2.0',
  'lwm2m',
  'b=U',
  'b=UQ',
  'b=X',
  'b=',
  'Q',
  'Q=x',
  'sms',
  'sms=1',
  'pid=6:27354b9a',
  'pid',
  'pid="a b c"',
  '__proto__=1',
  'constructor=1',
  'toString',
  '=',
  '',
  'a=b',
  'pct=112',
  'acc=112',
];
const PAYLOADS: readonly Uint8Array[] = [
  text(''),
  text(LINKS),
  text('</1/0>,'.repeat(150)),
  text('<'.repeat(1_000)),
  text('</>;'.repeat(250)),
  text('</3/0>;ver="'),
  text(`</3/0>;${'a=1;'.repeat(200)}`),
  text('</99999999999/0>'),
  text('</__proto__>,</3>;__proto__=1;constructor=2'),
  text('/'.repeat(500)),
  text('[{"bn":"/3/0/","n":"9","v":60}]'),
  text('['.repeat(1_000)),
  text('[{"n":"/3/0/9","v":1e999}]'),
  text('[{"bn":"/3303/0/5700","bt":1e300,"t":-1e300,"v":1}]'),
  Uint8Array.from({ length: 1_000 }, () => 0x81),
  Uint8Array.from({ length: 1_000 }, () => 0x9f),
  Uint8Array.of(0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
  Uint8Array.of(0x81, 0xa2, 0x00, 0x66, 0x2f, 0x33, 0x2f, 0x30, 0x2f, 0x39, 0x02, 0x18, 0x3c),
];
const FORMATS = [0, 40, 42, 60, 110, 112, 11_542, 11_543, 11_544, 1_543, 65_535];
const NUMBERS = [
  1, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14, 15, 17, 19, 20, 23, 27, 28, 31, 35, 39, 60, 252, 258, 292, 2_049, 65_001,
];

function option(dice: Dice): CoapOption {
  const number = dice.one(NUMBERS);
  return { number, value: dice.bytes(dice.one([0, 0, 1, 1, 2, 3, 4, 8, 40, 255])) };
}

function uint(value: number): Uint8Array {
  return Uint8Array.from(value < 256 ? [value] : [value >> 8, value & 0xff]);
}

/** Those that there are, and more that there are not. */
function pathOf(dice: Dice, location: readonly string[]): readonly string[] {
  if (dice.once(3)) return location;
  if (dice.once(10)) return ['f', dice.one(['image', 'secret'])];
  return [dice.one(['rd', 'rd', 'dp', 'bs', 'bspack', 'f', 'x']), ...dice.some(SEGMENTS, 2)];
}

/** Options that make some sense, and a few that do not. */
function options(dice: Dice, location: readonly string[]): CoapOption[] {
  const list: CoapOption[] = [];
  for (const segment of pathOf(dice, location)) list.push({ number: OptionNumber.URI_PATH, value: text(segment) });
  for (const query of dice.some(QUERIES, 6)) list.push({ number: OptionNumber.URI_QUERY, value: text(query) });
  if (!dice.once(3)) list.push({ number: OptionNumber.CONTENT_FORMAT, value: uint(dice.one(FORMATS)) });
  if (dice.once(4)) list.push({ number: OptionNumber.OBSERVE, value: uint(dice.below(3)) });
  if (dice.once(3)) list.push({ number: dice.one([OptionNumber.BLOCK1, OptionNumber.BLOCK2]), value: dice.bytes(1) });
  for (let more = dice.below(3); more > 0; more -= 1) list.push(option(dice));
  return list.sort((a, b) => a.number - b.number);
}

function request(dice: Dice, location: readonly string[]): Uint8Array {
  const payload = dice.one(PAYLOADS);
  const bytes = encodeMessage({
    type: dice.one([MessageType.CON, MessageType.CON, MessageType.NON]),
    code: dice.one([Code.GET, Code.POST, Code.POST, Code.POST, Code.PUT, Code.DELETE, 5, 6, 7, 8, 31]),
    messageId: dice.below(65_536),
    token: dice.bytes(dice.below(9)),
    options: options(dice, location),
    payload: dice.once(4) ? dice.mutated(payload) : payload,
  });
  return dice.once(4) ? dice.mutated(bytes) : bytes;
}

/** Keeps what it is given as a text, and fails when that does not say the same. */
function aStoreOfTexts(): RegistrationStore {
  return {
    load: () => [],
    save: ({ registration }) => {
      const again = parseRegistration(formatRegistration(registration));
      expect({ ...again, links: again.links.length }).toEqual({ ...registration, links: registration.links.length });
    },
    remove: () => undefined,
  };
}

/** A file for everybody, and one for nobody here, which is never read. */
function files(): CoapFiles {
  const served = new CoapFiles();
  served.add(bytesSource(new Uint8Array(5_000)), { name: 'image' });
  const read = (): never => expect.unreachable('a file was read by somebody that it is not for');
  served.add({ ...bytesSource(new Uint8Array(5_000)), read }, { name: 'secret', endpointName: 'good' });
  return served;
}

/** Registers until it is, since what it did to its own registration is its own affair. */
async function register(device: ScriptedDevice): Promise<void> {
  await device.ignore();
  await device.register('lwm2m=1.1&ep=evil&lt=600');
}

describe.each(['strangers', 'a registered device'])('arbitrary requests of %s', (whose) => {
  test.each([1, 2, 3])('seed %i', { timeout: TIMEOUT_MS }, async (seed) => {
    const dice = new Dice(seededRandom(seed));
    const registrationStore = aStoreOfTexts();
    const stage = await Stage.start({ onSend: () => undefined, registrationStore, resources: [files()] });
    const good = await honest(stage);
    const evil = stage.device(50_100);
    for (let index = 0; index < FACTOR * 1_500; index += 1) {
      const device = whose === 'strangers' && index % 10 === 0 ? stage.device(51_000 + (index % 5_000)) : evil;
      if (whose !== 'strangers' && index % 50 === 0) await register(device);
      device.sendBytes(request(dice, evil.location));
      if (index % 100 === 99) {
        await evil.ignore();
        await stage.clock.advanceAsync(10_000);
        stage.log.splice(0, stage.log.length, ...stage.log.filter((line) => line.startsWith('error')));
      }
    }
    await expectUnharmed(stage, good);
  });
});
