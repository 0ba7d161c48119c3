import type { NotificationAttributes } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import type { ResourceContent } from '../../src/objects/content.ts';
import { isNotable } from '../../src/reporting/thresholds.ts';

const instances = (...values: number[]): ResourceContent => new Map(values.entries());

test.each<[string, NotificationAttributes, ResourceContent | undefined, ResourceContent | undefined, boolean]>([
  ['any change without thresholds', {}, 1, 2, true],
  ['none', {}, 1, 1, false],
  ['the same bytes', {}, Uint8Array.of(1), Uint8Array.of(1), false],
  ['other bytes', {}, Uint8Array.of(1), Uint8Array.of(2), true],
  ['the same link', {}, { objectId: 1, objectInstanceId: 2 }, { objectId: 1, objectInstanceId: 2 }, false],
  ['what has come', {}, undefined, 1, true],
  ['what has gone', { gt: 5 }, 1, undefined, true],
  ['nothing that stays nothing', {}, undefined, undefined, false],
  ['gt crossed upwards', { gt: 25 }, 25, 25.1, true],
  ['gt crossed downwards', { gt: 25 }, 26, 25, true],
  ['gt not crossed', { gt: 25 }, 20, 25, false],
  ['gt left behind already', { gt: 25 }, 26, 30, false],
  ['lt crossed downwards', { lt: 20 }, 20, 19, true],
  ['lt crossed upwards', { lt: 20 }, 19, 20, true],
  ['lt not crossed', { lt: 20 }, 21, 30, false],
  ['a step', { st: 2 }, 20, 22, true],
  ['a step down', { st: 2 }, 20, 18, true],
  ['less than a step', { st: 2 }, 20, 21.9, false],
  ['no step at all', { st: 0 }, 20, 20, false],
  ['a step though no threshold is crossed', { gt: 100, st: 2 }, 20, 22, true],
  ['a bigint', { gt: 25 }, 20n, 2n ** 60n, true],
  ['text, whatever the thresholds', { gt: 25 }, 'a', 'b', true],
  ['a rising edge', { edge: 1 }, false, true, true],
  ['a falling edge where a rising one is wanted', { edge: 1 }, true, false, false],
  ['a falling edge', { edge: 0 }, true, false, true],
  ['an edge that was there already', { edge: 0 }, false, false, false],
  ['one Resource Instance of several', { gt: 25 }, instances(1, 20), instances(1, 30), true],
  ['none of them', { gt: 25 }, instances(1, 20), instances(2, 21), false],
  ['another Resource Instance', { gt: 25 }, instances(1), instances(1, 2), true],
  ['a Resource Instance in the place of another', { gt: 25 }, new Map([[1, 1]]), new Map([[2, 1]]), true],
  ['one value in the place of several', { gt: 25 }, new Map([[1, 1]]), 1, true],
])('%s', (_name, attributes, previous, current, expected) => {
  expect(isNotable(attributes, previous, current)).toBe(expected);
});
