import { Code } from '@flownexus/coap';
import { describe, expect, test } from 'vitest';
import type { CoapResource } from '../../src/index.ts';
import { Stage } from '../scripted-device.ts';

function resource(path: string): CoapResource {
  return { path, handle: (request) => ({ code: Code.CONTENT, payload: Buffer.from(request.path.join(' ')) }) };
}

describe('resources beside LwM2M', () => {
  test('are asked for what is below their path, and nothing else', async () => {
    const stage = await Stage.start({ resources: [resource('f'), resource('g')] });
    const device = stage.device();
    device.request(Code.GET, { path: ['g', 'a', 'b'] });
    const answer = await device.one();
    expect([answer.code, Buffer.from(answer.payload).toString()]).toEqual([Code.CONTENT, 'g a b']);
    device.request(Code.GET, { path: ['h'] });
    expect((await device.one()).code).toBe(Code.NOT_FOUND);
  });

  test('that throw are answered 5.00, and reported', async () => {
    const broken: CoapResource = {
      path: 'f',
      handle: () => {
        throw new Error('no disk');
      },
    };
    const stage = await Stage.start({ resources: [broken] });
    const device = stage.device();
    device.request(Code.GET, { path: ['f'] });
    expect((await device.one()).code).toBe(Code.INTERNAL_SERVER_ERROR);
    expect(stage.taken()).toEqual([expect.stringContaining('no disk')]);
  });

  test.each([['rd'], ['bs'], [''], ['a/b']])('can not have the path "%s"', (path) => {
    expect(() => new Stage({ resources: [resource(path)] })).toThrow(TypeError);
  });

  test('can not have the same path', () => {
    expect(() => new Stage({ resources: [resource('f'), resource('f')] })).toThrow(TypeError);
  });
});
