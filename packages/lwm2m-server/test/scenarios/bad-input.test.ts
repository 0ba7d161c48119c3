import { describe, expect, test } from 'vitest';
import { buildOptions, Code, encodeMessage, MessageType, OptionNumber } from '@flownexus/coap';
import { diagnostic, inWords, LINKS, Stage, type ScriptedDevice } from '../scripted-device.ts';

/** What no device should send, and what it is told. */
const PARAMETERS: readonly [name: string, query: string, reason: string][] = [
  ['lt that is no number', 'lt=abc', 'lt is not a number of seconds'],
  ['lt without a value', 'lt', 'the parameter lt has no value'],
  ['lt that is empty', 'lt=', 'lt is not a number of seconds'],
  ['lt below 0', 'lt=-1', 'lt is not a number of seconds'],
  ['lt with a fraction', 'lt=1.5', 'lt is not a number of seconds'],
  ['lt with an exponent', 'lt=1e3', 'lt is not a number of seconds'],
  ['lt in hexadecimal', 'lt=0x10', 'lt is not a number of seconds'],
  ['lt with blanks', 'lt= 60', 'lt is not a number of seconds'],
  ['lt beyond 32 bits', 'lt=4294967296', 'lt is too large'],
  ['lt of many digits', `lt=${'9'.repeat(200)}`, 'lt is not a number of seconds'],
  ['Q with a value', 'Q=x', 'Q takes no value'],
  ['sms without a value', 'sms', 'the parameter sms has no value'],
  ['sms that is empty', 'sms=', 'sms is not a number'],
  ['sms with a control character', 'sms=1\n2', 'sms is not a number'],
  ['an unknown letter in b', 'b=X', 'b is not a binding mode'],
  ['an unknown letter in b beside a known one', 'b=UX', 'b is not a binding mode'],
  ['a small letter in b', 'b=u', 'b is not a binding mode'],
  ['a letter twice in b', 'b=UU', 'b is not a binding mode'],
  ['b without a transport', 'b=Q', 'b names no transport'],
  ['b without a value', 'b', 'the parameter b has no value'],
  ['b that is empty', 'b=', 'b names no transport'],
  ['lwm2m without a value', 'lwm2m', 'the parameter lwm2m has no value'],
  ['lwm2m that is empty', 'lwm2m=', 'lwm2m is not a version such as 1.1'],
  ['lwm2m that is no version', 'lwm2m=one', 'lwm2m is not a version such as 1.1'],
  ['lwm2m without a minor version', 'lwm2m=1', 'lwm2m is not a version such as 1.1'],
  ['pid without a value', 'pid', 'the parameter pid has no value'],
  ['pid that is empty', 'pid=', 'the parameter pid has no value'],
  ['pid with a control character', 'pid=6:\u0000', 'pid is not a Profile ID'],
  ['pid with many', `pid="${'a '.repeat(9)}"`, 'pid names too many profiles'],
  ['pid that is long', `pid=${'a'.repeat(129)}`, 'pid is not a Profile ID'],
  ['a parameter twice', 'lt=1&lt=1', 'the parameter lt occurs twice'],
  ['an unknown parameter twice', 'x=1&x=1', 'the parameter x occurs twice'],
  ['many unknown parameters', Array.from({ length: 17 }, (_, n) => `x${n}=1`).join('&'), 'too many unknown parameters'],
];

const NAMES: readonly [name: string, query: string, reason: string][] = [
  ['no ep', '', 'ep is missing'],
  ['ep that is empty', 'ep=', 'ep is missing'],
  ['ep without a value', 'ep', 'ep is missing'],
  ['ep with a control character', 'ep=a\u0007b', 'the endpoint name has a control character'],
  ['ep that no URL can have', 'ep=..', 'the endpoint name is . or ..'],
];

const LISTS: readonly [name: string, payload: string | Uint8Array, reason: RegExp][] = [
  ['nothing', '', /^the object list is empty$/],
  ['the root link alone', '</>;ct=112', /^the object list is empty$/],
  ['Objects alone that may not be listed', '</0/0>,</21/0>', /^the object list is empty$/],
  ['a link that does not end', '</3/0', /^the object list does not parse: /],
  ['a link that is none', '3/0', /^the object list does not parse: /],
  ['a comma at the end', '</3/0>,', /^the object list does not parse: /],
  ['no UTF-8', Uint8Array.of(0x3c, 0x2f, 0xff, 0x3e), /^the object list does not parse: /],
  [
    'many links',
    Array.from({ length: 4097 }, (_, id) => `</9/${id}>`).join(','),
    /^the object list has too many links$/,
  ],
  ['a long text', `</3/0>;x="${'y'.repeat(70_000)}"`, /^the object list does not parse: /],
];

/** Expects one answer to the latest request, of this code and reason. */
async function refused(device: ScriptedDevice, stage: Stage, code: string, reason: unknown): Promise<void> {
  const answer = await device.one();
  expect(inWords(answer)).toBe(`ACK ${code}`);
  expect(diagnostic(answer)).toEqual(reason);
  expect(stage.taken()).toEqual([
    expect.stringMatching(new RegExp(`^refused (register|update) of .*: ${code} .`, 's')),
  ]);
  await stage.clock.advanceAsync(300_000);
  expect(await device.received()).toEqual([]);
}

/** A request whose parameter takes the place of the one that has its name. */
function queryWith(bad: string): string[] {
  const names = bad.split('&').map((parameter) => parameter.split('=')[0]);
  const good = ['lwm2m=1.1', 'ep=dev', 'lt=6000'].filter((parameter) => !names.includes(parameter.split('=')[0]));
  return [...good, ...bad.split('&').filter((parameter) => parameter !== '')];
}

describe('a Register is refused once, with 4.00 and a reason, for', () => {
  test.each([...PARAMETERS, ...NAMES.slice(1)])('%s', async (_name, bad, reason) => {
    const stage = await Stage.start();
    const device = stage.device();
    device.request(Code.POST, { path: ['rd'], query: queryWith(bad), contentFormat: 40, payload: LINKS });
    await refused(device, stage, '4.00', reason);
    expect(stage.server.statistics).toMatchObject({ registrations: 0, refusals: 1 });
    expect(await device.register()).toBe('2.01');
  });

  test('no ep', async () => {
    const stage = await Stage.start();
    const device = stage.device();
    device.request(Code.POST, { path: ['rd'], query: ['lwm2m=1.1', 'lt=60'], contentFormat: 40, payload: LINKS });
    await refused(device, stage, '4.00', 'ep is missing');
  });

  test.each(['lwm2m=1.1&ep=dev', 'lwm2m=1.2&ep=dev'])('no lt in %s: only LwM2M 1.0 has a default', async (query) => {
    const stage = await Stage.start();
    const device = stage.device();
    device.request(Code.POST, { path: ['rd'], query: query.split('&'), contentFormat: 40, payload: LINKS });
    await refused(device, stage, '4.00', 'lt is missing');
  });

  test.each(LISTS)('%s as object list', async (_name, payload, reason) => {
    const stage = await Stage.start();
    const device = stage.device();
    await sendBlocks(device, ['rd'], queryWith(''), payload);
    await refused(device, stage, '4.00', expect.stringMatching(reason));
  });
});

describe('an Update is refused once, with 4.00 and a reason, for', () => {
  test.each(PARAMETERS)('%s, and changes nothing', async (_name, bad, reason) => {
    const stage = await Stage.start();
    const device = stage.device();
    await device.register('lwm2m=1.1&ep=dev&lt=6000');
    stage.taken();
    const before = stage.server.registration('dev');
    device.request(Code.POST, { path: device.location, query: bad.split('&') });
    await refused(device, stage, '4.00', reason);
    expect(stage.server.registration('dev')).toBe(before);
  });

  test.each(LISTS.slice(1))('%s as object list', async (_name, payload, reason) => {
    const stage = await Stage.start();
    const device = stage.device();
    await device.register('lwm2m=1.1&ep=dev&lt=6000');
    stage.taken();
    const before = stage.server.registration('dev');
    await sendBlocks(device, device.location, [], payload);
    await refused(device, stage, '4.00', expect.stringMatching(reason));
    expect(stage.server.registration('dev')).toBe(before);
  });

  test('the name of another', async () => {
    const stage = await Stage.start();
    const device = stage.device();
    await device.register('lwm2m=1.1&ep=dev&lt=6000');
    stage.taken();
    device.request(Code.POST, { path: device.location, query: ['ep=other'] });
    await refused(device, stage, '4.00', 'ep is not that of the registration');
  });
});

describe('what CoAP does not allow is answered once as well', () => {
  const register = { path: ['rd'], contentFormat: 40 };
  test.each([
    ['a parameter that is no UTF-8', { number: OptionNumber.URI_QUERY, value: Uint8Array.of(0x65, 0x70, 0x3d, 0xff) }],
    ['a parameter of more than 255 bytes', { number: OptionNumber.URI_QUERY, value: new Uint8Array(256).fill(0x61) }],
    ['a critical option that nobody knows', { number: 65_001, value: Uint8Array.of(1) }],
  ])('%s', async (_name, option) => {
    const stage = await Stage.start();
    const device = stage.device();
    const options = buildOptions({ ...register, query: ['lwm2m=1.1', 'lt=60'] });
    device.sendBytes(
      encodeMessage({
        type: MessageType.CON,
        code: Code.POST,
        messageId: 1,
        token: Uint8Array.of(1),
        options: [...options, option].sort((a, b) => a.number - b.number),
        payload: new TextEncoder().encode(LINKS),
      }),
    );
    expect(inWords(await device.one())).toMatch(/^ACK 4\.0[02]$/);
    await stage.clock.advanceAsync(300_000);
    expect(await device.received()).toEqual([]);
    expect(stage.taken().filter((line) => line.startsWith('error'))).toEqual([]);
  });
});

/** Sends a request, in blocks of 1024 bytes where it takes several; what is said to all but the last is passed over. */
async function sendBlocks(
  device: ScriptedDevice,
  path: readonly string[],
  query: readonly string[],
  payload: string | Uint8Array,
): Promise<void> {
  const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
  if (bytes.length <= 1024) {
    device.request(Code.POST, { path, query, contentFormat: 40, payload: bytes });
    return;
  }
  for (let number = 0; number * 1024 < bytes.length; number += 1) {
    const more = (number + 1) * 1024 < bytes.length;
    const block = (number << 4) | (more ? 8 : 0) | 6;
    const value = block < 256 ? Uint8Array.of(block) : Uint8Array.of(block >> 8, block & 0xff);
    device.request(Code.POST, {
      path,
      query,
      contentFormat: 40,
      options: [{ number: OptionNumber.BLOCK1, value }],
      payload: bytes.subarray(number * 1024, (number + 1) * 1024),
    });
    if (more) await device.ignore();
  }
}

test('a refused Register whose name has control characters is told without it', async () => {
  const stage = await Stage.start();
  expect(await stage.device().register('lwm2m=1.1&ep=a\u001b[2Jb&lt=60')).toBe('4.00');
  expect(stage.taken()).toEqual(['refused register of ?: 4.00 the endpoint name has a control character']);
});
