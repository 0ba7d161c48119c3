import { formatCode } from '@flownexus/coap';
import { parseLinkFormat } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { objectListOf } from '../../src/registration/object-lists.ts';
import { Profiles } from '../../src/registration/profiles.ts';
import { RefusalError } from '../../src/registration/refusal-error.ts';
import { formatRegistration, parseRegistration } from '../../src/registration/registration-json.ts';
import { aRegistration } from '../registrations.ts';

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A list of so many links. */
function list(count: number, first = 0, objectId = 3303): string {
  return Array.from({ length: count }, (_, index) => `</${objectId}/${first + index}>`).join(',');
}

/** The code that refuses what is done; undefined when it is not refused. */
function refused(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    if (error instanceof RefusalError) return formatCode(error.responseCode);
    throw error;
  }
  return undefined;
}

test('lists with the same bytes are one value', () => {
  expect(objectListOf(bytes('</3/0>,</5/0>'), '1.1')).toBe(objectListOf(bytes('</3/0>,</5/0>'), '1.1'));
});

test('what is kept for others has a bound of links: short lists may have hundreds', () => {
  const first = objectListOf(bytes(list(140)), '1.1');
  for (let index = 1; index < 1_000; index += 1) objectListOf(bytes(list(140, index)), '1.1');
  expect(objectListOf(bytes(list(140)), '1.1')).not.toBe(first);
  const last = objectListOf(bytes(list(140, 999)), '1.1');
  expect(objectListOf(bytes(list(140, 999)), '1.1')).toBe(last);
});

test('a list that is longer as a text than what can be read again is refused: a restart would lose it', () => {
  const inQuotes = Array.from({ length: 2_000 }, (_, id) => `</3303/${id}>;if=a;rt=a;title=a`).join(',');
  expect(bytes(inQuotes).length).toBeLessThan(65_536);
  expect(refused(() => objectListOf(bytes(inQuotes), '1.1'))).toBe('4.00');
  const longest = objectListOf(bytes(list(4_000)), '1.1');
  const registration = { ...aRegistration(), ...longest };
  expect(parseRegistration(formatRegistration(registration))).toEqual(registration);
});

test('profiles and what the device lists beside them are not more links together than one list may have', () => {
  const profiles = new Profiles({ a: list(3_000) });
  expect(refused(() => profiles.resolve('dev', ['a'], parseLinkFormat(list(1_000, 0, 3304)), '1.2'))).toBeUndefined();
  expect(refused(() => profiles.resolve('dev', ['a'], parseLinkFormat(list(3_000, 0, 3304)), '1.2'))).toBe('4.00');
});
