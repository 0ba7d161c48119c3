import { describe, expect, test } from 'vitest';
import { Code, CoapError, type CoapEndpointOptions } from '../../src/index.ts';
import { block, body, line, opt, text, World } from './world.ts';
import { OptionNumber } from '../../src/index.ts';

const { BLOCK1 } = OptionNumber;
const WHOLE = body(150);

type OnBlock = NonNullable<CoapEndpointOptions['onBlock']>;

async function watched(onBlock: OnBlock) {
  const bodies: number[] = [];
  const errors: unknown[] = [];
  const world = await World.open({
    onBlock,
    onError: (error) => errors.push(error),
    onRequest: ({ payload }) => {
      bodies.push(payload.length);
      return { code: Code.CHANGED };
    },
  });
  const send = async (num: number) => {
    const options = [...opt.path('file'), opt.block1(num, (num + 1) * 64 < WHOLE.length, 2)];
    const payload = WHOLE.subarray(num * 64, (num + 1) * 64);
    await world.say({
      type: 'CON',
      code: '0.03',
      options: num === 0 ? [...options, opt.size1(150)] : options,
      payload,
    });
    return world.hear();
  };
  return { world, send, bodies, errors };
}

/** RFC 7959 §2.5, §2.9.3. */
describe('the blocks of a request', () => {
  test('are told one by one before they are taken, and the last comes with the request', async () => {
    const told: unknown[] = [];
    const { world, send, bodies } = await watched(({ method, path }, { offset, length, size }) => {
      told.push([method, path[0], offset, length, size, bodies.length]);
    });
    for (const num of [0, 1, 2]) await send(num);
    expect(told).toEqual([
      [Code.PUT, 'file', 0, 64, 150, 0],
      [Code.PUT, 'file', 64, 64, undefined, 0],
    ]);
    expect(bodies).toEqual([150]);
    await world.end();
  });

  test('are refused by what the application throws, and nothing is left of them', async () => {
    const { world, send, bodies, errors } = await watched((_request, { offset }) => {
      if (offset === 64)
        throw new CoapError('ERR_COAP_RESPONSE', 'no room', { responseCode: Code.REQUEST_ENTITY_TOO_LARGE });
    });
    expect(block(await send(0), BLOCK1)).toBe('0/1/64');
    const refused = await send(1);
    expect([line(refused).slice(0, 8), text(refused.payload)]).toEqual(['ACK 4.13', 'no room']);
    expect(world.endpoint.usage.uploads).toBe(0);
    expect(line(await send(2)).slice(0, 8)).toBe('ACK 4.08');
    expect([bodies, errors]).toEqual([[], []]);
    await world.end();
  });

  test('are answered 5.00 when the application fails, which is reported', async () => {
    const { world, send, errors } = await watched(() => {
      throw new Error('no disk');
    });
    expect(line(await send(0)).slice(0, 8)).toBe('ACK 5.00');
    expect(errors).toEqual([expect.objectContaining({ message: 'no disk' })]);
    await world.end();
  });
});
