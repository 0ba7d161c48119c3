import { expect, test } from 'vitest';
import { firmwareObject, meaningOf } from '../../src/firmware/firmware-objects.ts';
import { ADVANCED_FIRMWARE_UPDATE_OBJECT, FIRMWARE_FAILURES, type FirmwareObjectId } from '../../src/index.ts';

const RESULTS: Readonly<Record<FirmwareObjectId, readonly number[]>> = {
  5: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  33629: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
  9: [0, 1, 2, 3, 50, 51, 52, 53, 54, 56, 57, 58, 59],
};

test.each([5, 9, 33_629] as const)(
  'each Update Result of Object %i has its outcome, and failures have a name',
  (id) => {
    const object = firmwareObject(id);
    expect(Object.keys(object.results).map(Number)).toEqual(RESULTS[id]);
    for (const { outcome, reason } of Object.values(object.results)) {
      expect(reason === undefined).toBe(outcome === 'none' || outcome === 'success');
      if (reason !== undefined) expect(FIRMWARE_FAILURES[reason]).toBeTypeOf('string');
    }
  },
);

test('a result that is not known has failed', () => {
  expect(meaningOf(firmwareObject(5), 12)).toEqual({ outcome: 'failed', reason: 'unknown-result' });
});

test('the definition of Object 33629 has what the updater needs of it', () => {
  const { resources } = firmwareObject(33_629);
  for (const id of Object.values(resources)) expect(ADVANCED_FIRMWARE_UPDATE_OBJECT.resources.has(id)).toBe(true);
  expect(ADVANCED_FIRMWARE_UPDATE_OBJECT.resources.get(17)).toMatchObject({ type: 'objlnk', multiple: true });
});
