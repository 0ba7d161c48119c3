import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBoolean, decodeOid, decodeTime, DerReader, DerTag } from '../../src/auth/der-reader.ts';
import { DtlsError } from '../../src/errors.ts';
import { der, derOid, derText, derTime } from '../../src/testing/der-writer.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const refusal = { code: 'ERR_DTLS_AUTHENTICATION', alert: 'bad_certificate' };

describe('elements', () => {
  test('one after the other, with their contents and as they lie there', () => {
    const reader = new DerReader(hex('020105' + '0402aabb' + '3000'));
    expect(reader.next(DerTag.integer)).toEqual({ tag: 2, content: hex('05'), raw: hex('020105') });
    expect(reader.optional(DerTag.integer)).toBeUndefined();
    expect(reader.any().content).toEqual(hex('aabb'));
    expect(reader.within(DerTag.sequence).isAtEnd).toBe(true);
    reader.end();
  });

  test.each([128, 255, 256, 40_000])('of %i bytes', (length) => {
    const reader = new DerReader(der(0x04, new Uint8Array(length)));
    expect(reader.next(DerTag.octetString).content).toHaveLength(length);
    reader.end();
  });

  test.each([
    ['nothing', ''],
    ['no length', '04'],
    ['fewer bytes than its length', '0403aabb'],
    ['a length of indefinite form', '0480aabb0000'],
    ['a length that is not the shortest', '048102aabb'],
    ['a length with a leading zero', '04820080' + '00'.repeat(128)],
    ['a length of four bytes', '048400000001aa'],
    ['a length far beyond what is there', '0483ffffff'],
    ['a tag of two bytes', '1f2201aa'],
  ])('%s is no element', (_name, bytes) => {
    expect(() => new DerReader(hex(bytes)).any()).toThrow(expect.objectContaining(refusal));
  });

  test('another tag, or something that follows, is refused', () => {
    expect(() => new DerReader(hex('020105')).next(DerTag.oid)).toThrow(expect.objectContaining(refusal));
    expect(() => new DerReader(hex('020105')).end()).toThrow(expect.objectContaining(refusal));
  });
});

describe('object identifiers', () => {
  test.each(['1.2.840.10045.4.3.2', '2.5.29.15', '0.9.2342', '2.999.4294967295', '1.3.6.1.5.5.7.3.1'])('%s', (text) => {
    const bytes = text === '2.999.4294967295' ? hex('06078837' + '8fffffff7f') : derOid(text);
    expect(decodeOid(new DerReader(bytes).next(DerTag.oid).content)).toBe(text);
  });

  test.each(['', '2a86', '2a8fffffffffff7f', '2a'.repeat(65)])('not %s', (bytes) => {
    expect(() => decodeOid(hex(bytes))).toThrow(expect.objectContaining(refusal));
  });
});

test('a boolean is ff or 00', () => {
  expect(decodeBoolean(hex('ff'))).toBe(true);
  expect(decodeBoolean(hex('00'))).toBe(false);
  expect(() => decodeBoolean(hex('01'))).toThrow(expect.objectContaining(refusal));
  expect(() => decodeBoolean(hex(''))).toThrow(expect.objectContaining(refusal));
});

describe('times (RFC 5280 §4.1.2.5)', () => {
  const time = (tag: number, text: string): number => decodeTime(new DerReader(derText(tag, text)).any());

  test.each([
    [DerTag.utcTime, '491231235959Z', '2049-12-31T23:59:59.000Z'],
    [DerTag.utcTime, '500101000000Z', '1950-01-01T00:00:00.000Z'],
    [DerTag.generalizedTime, '20500101000000Z', '2050-01-01T00:00:00.000Z'],
    [DerTag.generalizedTime, '99991231235959Z', '9999-12-31T23:59:59.000Z'],
    [DerTag.generalizedTime, '00010101000000Z', '0001-01-01T00:00:00.000Z'],
  ])('%i %s', (tag, text, expected) => {
    expect(new Date(time(tag, text)).toISOString()).toBe(expected);
  });

  test.each([
    [DerTag.utcTime, '4912312359Z'],
    [DerTag.utcTime, '491231235959+0100'],
    [DerTag.utcTime, '20491231235959Z'],
    [DerTag.generalizedTime, '20500230000000Z'],
    [DerTag.generalizedTime, '20501301000000Z'],
    [DerTag.generalizedTime, '20500101240000Z'],
    [DerTag.generalizedTime, '20500101000000.5Z'],
    [DerTag.utf8String, '20500101000000Z'],
  ])('not %i %s', (tag, text) => {
    expect(() => time(tag, text)).toThrow(expect.objectContaining(refusal));
  });

  test('what the writer of tests writes', () => {
    const times = fc.date({ min: new Date(Date.UTC(1950, 0)), max: new Date(Date.UTC(9999, 0)), noInvalidDate: true });
    fc.assert(
      fc.property(times, (date) => {
        const whole = new Date(Math.floor(date.getTime() / 1000) * 1000);
        expect(decodeTime(new DerReader(derTime(whole)).any())).toBe(whole.getTime());
      }),
    );
  });
});

test('any bytes give elements or a DtlsError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const reader = new DerReader(bytes);
      try {
        while (!reader.isAtEnd) {
          const { tag, content } = reader.any();
          if (tag === DerTag.oid) decodeOid(content);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(DtlsError);
      }
    }),
  );
});
