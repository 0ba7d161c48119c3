import type { CoapResponse } from '@flownexus/coap';
import { DecodeError, Lwm2mError } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import { encodeFirst, withFormatFallback } from '../../src/downlink/format-fallback.ts';
import { refusedFormats, type RefusedFormats } from '../../src/downlink/refused-formats.ts';

const NOTHING = new Uint8Array(0);
const noForm = (): Error => new Lwm2mError('ERR_LWM2M_ENCODE', 'no form');

describe('withFormatFallback', () => {
  const endpoint: { refusedFormats: RefusedFormats | undefined } = { refusedFormats: undefined };

  async function send(formats: readonly number[], ...codes: number[]): Promise<(number | undefined)[]> {
    const sent: (number | undefined)[] = [];
    const { result, encoded } = await withFormatFallback(
      endpoint,
      'write',
      (refused) =>
        encodeFirst(
          formats.filter((format) => !refused.includes(format)),
          () => NOTHING,
        ),
      ({ contentFormat }) => {
        sent.push(contentFormat);
        return Promise.resolve({ code: codes.shift() } as CoapResponse);
      },
      (response) => response,
    );
    expect(encoded.contentFormat).toBe(sent.at(-1));
    return [...sent, result.code];
  }

  test('learns, and begins anew when all is refused', async () => {
    expect(await send([1, 2, 3], 0x44)).toEqual([1, 0x44]);
    expect(endpoint.refusedFormats).toBeUndefined();
    expect(await send([1, 2, 3], 0x8f, 0x44)).toEqual([1, 2, 0x44]);
    expect(refusedFormats(endpoint, 'write')).toEqual([1]);
    expect(refusedFormats(endpoint, 'composite')).toEqual([]);
    expect(await send([1, 2, 3], 0x80)).toEqual([2, 0x80]);
    expect(await send([1, 2, 3], 0x86, 0x8f)).toEqual([2, 3, 0x8f]);
    expect(refusedFormats(endpoint, 'write')).toEqual([1, 2, 3]);
    expect(await send([1, 2, 3], 0x44)).toEqual([1, 0x44]);
    expect(refusedFormats(endpoint, 'write')).toEqual([]);
  });

  test('of one format there is no other', async () => {
    expect(await send([7], 0x8f)).toEqual([7, 0x8f]);
    expect(await send([7], 0x8f)).toEqual([7, 0x8f]);
  });

  test('what has no form at all fails before anything is sent', async () => {
    await expect(send([])).rejects.toMatchObject({ code: 'ERR_LWM2M_ENCODE' });
  });
});

describe('encodeFirst', () => {
  test('passes over formats that have no form', () => {
    const encode = (format: number): Uint8Array => {
      if (format < 3) throw noForm();
      return Uint8Array.of(format);
    };
    expect(encodeFirst([1, 2, 3, 4], encode)).toEqual({ contentFormat: 3, payload: Uint8Array.of(3) });
    expect(() => encodeFirst([1, 2], encode)).toThrow('no form');
    expect(() => encodeFirst([], encode)).toThrow(Lwm2mError);
  });

  test.each([
    new TypeError('a value of another kind'),
    new DecodeError('ERR_LWM2M_PATH', 'a path', 'none', 0),
    new Lwm2mError('ERR_LWM2M_CONTENT_FORMAT', 'no such format'),
  ])('but not over %s', (error) => {
    expect(() =>
      encodeFirst([1, 2], () => {
        throw error;
      }),
    ).toThrow(error);
  });
});
