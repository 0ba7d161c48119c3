import { describe, expect, test } from 'vitest';
import type { ResourceDefinition } from '../../src/definition.ts';
import { checkValue } from '../../src/registry/check-value.ts';
import { ObjectRegistry } from '../../src/registry/object-registry.ts';
import type { ResourceType, ResourceValue } from '../../src/value.ts';

function resource(type: ResourceType, range: string | undefined): ResourceDefinition {
  return { id: 0, name: 'R', operations: 'R', type, multiple: false, mandatory: false, range, units: undefined };
}

function found(type: ResourceType, range: string, value: ResourceValue): string | undefined {
  const message = checkValue(resource(type, range), value);
  if (message === undefined) return undefined;
  expect(message.startsWith(`expected ${range}, found `)).toBe(true);
  return message.slice(`expected ${range}, found `.length);
}

describe('numbers', () => {
  test.each<[string, ResourceValue, string | undefined]>([
    ['0..100', 0, undefined],
    ['0..100', 100, undefined],
    ['0..100', 100n, undefined],
    ['0..100', -1, 'a smaller number'],
    ['0..100', 101, 'a greater number'],
    ['0..100', 2n ** 70n, 'a greater number'],
    ['0..100', NaN, 'no number'],
    ['0..100', Infinity, 'a greater number'],
    ['0..18446744073709551615', 18_446_744_073_709_551_615n, undefined],
    ['0..18446744073709551615', 18_446_744_073_709_551_616n, 'a greater number'],
    ['255', -1, undefined],
    ['255', 256, 'a greater number'],
    ['0,1,2', 1n, undefined],
    ['0,1,2', 3, 'another number'],
    ['0,1,2', NaN, 'another number'],
    ['0..3, 99', 99, undefined],
    ['0..3, 99', 4, 'another number'],
    ['0..100', 'text', undefined],
    ['0..100', true, undefined],
    ['see the manual', 7, undefined],
  ])('of %s: %s', (range, value, expected) => {
    expect(found('integer', range, value)).toBe(expected);
  });
});

describe('text and bytes', () => {
  test.each<[string, ResourceValue, string | undefined]>([
    ['2..4 bytes', 'abcd', undefined],
    ['2..4 bytes', 'a', 'a shorter value'],
    ['2..4 bytes', 'abcde', 'a longer value'],
    // Right in characters, or in bytes: é has two of them, 😀 has four.
    ['2..4 bytes', 'éééé', undefined],
    ['2..4 bytes', 'ééééé', 'a longer value'],
    ['2..4 bytes', 'é', undefined],
    ['2..4 bytes', '😀😀😀😀', undefined],
    ['4..8 bytes', '😀', undefined],
    ['5..8 bytes', '😀', 'a shorter value'],
    ['16 or 32 bytes', 'x'.repeat(32), undefined],
    ['16 or 32 bytes', 'é'.repeat(8), undefined],
    ['16 or 32 bytes', 'x'.repeat(17), 'another length'],
    ['2..4', 7, undefined],
  ])('of %s: %s', (range, value, expected) => {
    expect(found('string', range, value)).toBe(expected);
  });

  test('bytes', () => {
    expect(found('opaque', '2..4 bytes', new Uint8Array(4))).toBeUndefined();
    expect(found('opaque', '2..4 bytes', new Uint8Array(5))).toBe('a longer value');
    expect(found('opaque', '2..4 bytes', new Uint8Array(1))).toBe('a shorter value');
    expect(found('opaque', '16-32-48 bytes', new Uint8Array(32))).toBeUndefined();
    expect(found('opaque', '16-32-48 bytes', new Uint8Array(33))).toBe('another length');
  });
});

test('nothing is wrong without a range, or with a link', () => {
  expect(checkValue(resource('integer', undefined), 7)).toBeUndefined();
  expect(checkValue(resource('objlnk', '0..1'), { objectId: 3, objectInstanceId: 0 })).toBeUndefined();
});

test('speaks of the registered Objects', async () => {
  const registry = await ObjectRegistry.bundled();
  const level = registry.resource(3, 9);
  if (level === undefined) throw new Error('there is no battery level');
  expect(checkValue(level, 95)).toBeUndefined();
  expect(checkValue(level, 101)).toBe('expected 0..100, found a greater number');
});
