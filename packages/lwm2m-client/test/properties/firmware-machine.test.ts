import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FIRMWARE_AT_FIRST, stepFirmware, type FirmwareInput } from '../../src/firmware/firmware-machine.ts';
import { FirmwareState, type FirmwareResult } from '../../src/firmware/firmware-results.ts';

const { IDLE, DOWNLOADING, DOWNLOADED, UPDATING } = FirmwareState;
const failures = fc.constantFrom<FirmwareResult[]>(2, 3, 4, 5, 6, 7, 8, 9, 10);

const inputs: fc.Arbitrary<FirmwareInput> = fc.oneof(
  fc
    .constantFrom<FirmwareInput['kind'][]>(
      'block',
      'blockMissing',
      'package',
      'uri',
      'reset',
      'deferralOver',
      'cancel',
      'installed',
      'restarted',
    )
    .map((kind) => ({ kind }) as FirmwareInput),
  fc.boolean().map((automatic) => ({ kind: 'delivered', automatic }) as const),
  fc.boolean().map((defer) => ({ kind: 'update', defer }) as const),
  failures.map((result) => ({ kind: 'undeliverable', result }) as const),
  failures.map((result) => ({ kind: 'installFailed', result }) as const),
);

test('whatever happens, the object is where it can be, and installs only what was delivered', () => {
  fc.assert(
    fc.property(fc.array(inputs, { maxLength: 60 }), (events) => {
      let model = FIRMWARE_AT_FIRST;
      for (const input of events) {
        const step = stepFirmware(model, input);
        if (step === undefined) continue;
        const before = model;
        model = step.model;
        const { state, result, receiving, deferred } = model;
        if (receiving) expect([state, result]).toEqual([DOWNLOADING, 0]);
        if (deferred) expect([state, result]).toEqual([DOWNLOADED, 11]);
        if (result === 1 && before.result !== 1) expect([before.state, state]).toEqual([UPDATING, IDLE]);
        if (state === UPDATING && before.state !== UPDATING) {
          expect([before.state, step.commands]).toEqual([
            input.kind === 'delivered' ? DOWNLOADING : DOWNLOADED,
            ['install'],
          ]);
        }
        if (state === IDLE && before.state !== IDLE) expect(step.commands).toContain('discard');
        // What waits for a timer waits for one at a time.
        if (before.receiving && state !== DOWNLOADING && input.kind !== 'blockMissing') {
          expect(step.commands).toContain('stopWaiting');
        }
        if (before.deferred && state === IDLE) expect(step.commands).toContain('stopWaiting');
      }
    }),
  );
});
