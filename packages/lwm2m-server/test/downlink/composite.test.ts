import { expect, test } from 'vitest';
import { answerFormatFor, compositeAccept, compositeFormats } from '../../src/downlink/composite.ts';

test.each([
  ['nothing announced', [], false, [112, 110]],
  ['JSON alone', [110], false, [110, 112]],
  ['both', [110, 112], false, [112, 110]],
  ['SenML-ETCH', [112, 322], false, [322, 112, 110]],
  ['a removal', [112], true, [322, 320]],
  ['a removal, JSON alone', [110], true, [320, 322]],
])('formats for composites: %s', (_name, contentFormats, removes, expected) => {
  expect(compositeFormats({ contentFormats, lwm2mVersion: '1.1' }, removes)).toEqual(expected);
});

test.each([
  [110, 110],
  [112, 112],
  [320, 110],
  [322, 112],
])('the answer to %i is in %i', (contentFormat, expected) => {
  expect(answerFormatFor(contentFormat)).toBe(expected);
  expect(compositeAccept(undefined, contentFormat)).toBe(expected);
  expect(compositeAccept(null, contentFormat)).toBeUndefined();
  expect(compositeAccept(11_544, contentFormat)).toBe(11_544);
});
