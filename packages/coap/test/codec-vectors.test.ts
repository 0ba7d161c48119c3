import { describe, expect, test } from 'vitest';
import { CoapFormatError, decodeMessage, encodeMessage } from '../src/index.ts';
import { describeMessage, fromHex, toHex } from './message-vectors.ts';
import vectors from './vectors/coap.json' with { type: 'json' };
import appendixA from './vectors/rfc7252-appendix-a.json' with { type: 'json' };

describe('vectors of other implementations', () => {
  test.each(vectors)('$name ($source): $expect', ({ hex, expect: outcome, decoded }) => {
    if (outcome === 'reject') {
      expect(() => decodeMessage(fromHex(hex))).toThrow(CoapFormatError);
      return;
    }
    const message = decodeMessage(fromHex(hex));
    expect(describeMessage(message)).toEqual(decoded);
    expect(toHex(encodeMessage(message))).toBe(hex);
  });
});

describe('RFC 7252 Appendix A', () => {
  test.each(appendixA)('$name', ({ hex, decoded }) => {
    const message = decodeMessage(fromHex(hex));
    expect(describeMessage(message)).toEqual(decoded);
    expect(toHex(encodeMessage(message))).toBe(hex);
  });
});
