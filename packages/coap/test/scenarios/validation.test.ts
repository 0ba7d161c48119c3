import { describe, expect, test } from 'vitest';
import {
  type CoapOption,
  type CoapReply,
  Code,
  type ObserveRelation,
  OptionNumber,
  uintOption,
} from '../../src/index.ts';
import { block, body, bytes, line, opt, optionValue, text, World } from './world.ts';

const { BLOCK2, CONTENT_FORMAT, ETAG, MAX_AGE, OBSERVE } = OptionNumber;
const content = (fields: Partial<CoapReply> = {}): CoapReply => ({
  code: Code.CONTENT,
  contentFormat: 0,
  payload: bytes('hello'),
  ...fields,
});

async function ask(reply: CoapReply, options: readonly CoapOption[], code = '0.01'): ReturnType<World['hear']> {
  const world = await World.open({ preferredBlockSize: 64, onRequest: () => reply });
  await world.say({ type: 'CON', code, options });
  const answer = await world.hear();
  await world.end();
  return answer;
}

/** RFC 7252 §5.10.6.2, §5.9.1.3. */
describe('a reply with an ETag that the request names', () => {
  test.each(['0.01', '0.05'])('is 2.03 to a %s, with ETag and Max-Age and nothing else', async (code) => {
    const answer = await ask(content({ etag: bytes('b'), maxAge: 7 }), [opt.etag('a'), opt.etag('b')], code);
    expect(line(answer)).toBe('ACK 2.03');
    expect(answer.options.map(({ number }) => number)).toEqual([ETAG, MAX_AGE]);
    expect(text(optionValue(answer, ETAG)!)).toBe('b');
    expect(uintOption(answer.options, MAX_AGE)).toBe(7);
  });

  test('among its further options is 2.03 as well', async () => {
    expect(line(await ask(content({ options: [opt.etag('a')] }), [opt.etag('a')]))).toBe('ACK 2.03');
  });

  test.each<[string, CoapReply, string, string]>([
    ['of another one', content({ etag: bytes('b') }), '0.01', 'ACK 2.05 "hello"'],
    ['of a longer one', content({ etag: bytes('ab') }), '0.01', 'ACK 2.05 "hello"'],
    ['of none: nothing is computed for a reply of one block', content(), '0.01', 'ACK 2.05 "hello"'],
    ['to a POST', content({ etag: bytes('a') }), '0.02', 'ACK 2.05 "hello"'],
    ['that is no 2.05', content({ etag: bytes('a'), code: Code.NOT_FOUND }), '0.01', 'ACK 4.04 "hello"'],
  ])('but %s, is itself', async (_name, reply, code, expected) => {
    expect(line(await ask(reply, [opt.etag('a')], code))).toBe(expected);
  });

  test('in blocks is 2.03 too, with the ETag that was computed for it, and a further block is still served', async () => {
    let seed = 0;
    const world = await World.open({
      preferredBlockSize: 64,
      onRequest: () => content({ payload: body(150, seed), maxAge: 9 }),
    });
    await world.say({ type: 'CON', code: '0.01' });
    const etag = { number: ETAG, value: optionValue(await world.hear(), ETAG)! };
    await world.say({ type: 'CON', code: '0.01', options: [etag, opt.block2(0, false, 2)] });
    const valid = await world.hear();
    expect([line(valid), block(valid, BLOCK2), uintOption(valid.options, MAX_AGE)]).toEqual(['ACK 2.03', undefined, 9]);
    expect(optionValue(valid, ETAG)).toEqual(etag.value);
    await world.say({ type: 'CON', code: '0.01', options: [etag, opt.block2(1, false, 2)] });
    const second = await world.hear();
    expect([second.code, block(second, BLOCK2)]).toEqual([Code.CONTENT, '1/1/64']);
    seed = 1;
    await world.say({ type: 'CON', code: '0.01', options: [etag] });
    expect((await world.hear()).code).toBe(Code.CONTENT);
    await world.end();
  });

  test('is never 2.03 to a request for a further block, made again', async () => {
    const answer = await ask(content({ etag: bytes('a'), payload: body(150) }), [
      opt.etag('a'),
      opt.block2(1, false, 2),
    ]);
    expect([answer.code, block(answer, BLOCK2)]).toEqual([Code.CONTENT, '1/1/64']);
  });
});

/** RFC 7641 §4.3.2. */
test('an observation validates its first response and its notifications', async () => {
  const relations: ObserveRelation[] = [];
  const world = await World.open({
    onRequest: (request) => {
      relations.push(request.acceptObservation());
      return content({ etag: bytes('v1') });
    },
  });
  await world.say({ type: 'CON', code: '0.01', token: 't', options: [opt.observe(0), opt.etag('v1'), opt.etag('v3')] });
  const first = await world.hear();
  expect([line(first), uintOption(first.options, OBSERVE)]).toEqual(['ACK 2.03', 0]);
  await relations[0]!.notify(content({ etag: bytes('v2') }), { confirmable: false });
  const second = await world.hear();
  expect([line(second), uintOption(second.options, OBSERVE)]).toEqual(['NON 2.05 "hello"', 1]);
  await relations[0]!.notify(content({ etag: bytes('v3') }), { confirmable: false });
  const third = await world.hear();
  expect([line(third), uintOption(third.options, OBSERVE)]).toEqual(['NON 2.03', 2]);
  expect(optionValue(third, CONTENT_FORMAT)).toBeUndefined();
  expect(relations[0]!.active).toBe(true);
  await world.end();
});
