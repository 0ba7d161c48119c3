import { describe, expect, test } from 'vitest';
import {
  FIRMWARE_AT_FIRST,
  stepFirmware,
  type FirmwareInput,
  type FirmwareModel,
} from '../../src/firmware/firmware-machine.ts';

/** From here: to this state and result, with these commands; undefined: 4.05. */
type Row = readonly [input: FirmwareInput, to: string | undefined];

const idle: FirmwareModel = { state: 0, result: 7, receiving: false, deferred: false };
const downloading: FirmwareModel = { state: 1, result: 0, receiving: false, deferred: false };
const receiving: FirmwareModel = { state: 1, result: 0, receiving: true, deferred: false };
const downloaded: FirmwareModel = { state: 2, result: 8, receiving: false, deferred: false };
const putOff: FirmwareModel = { state: 2, result: 11, receiving: false, deferred: true };
const updating: FirmwareModel = { state: 3, result: 0, receiving: false, deferred: false };

function after(model: FirmwareModel, input: FirmwareInput): string | undefined {
  const step = stepFirmware(model, input);
  return step && [`${step.model.state}/${step.model.result}`, ...step.commands].join(' ');
}

describe.each<readonly [name: string, model: FirmwareModel, rows: readonly Row[]]>([
  [
    'Idle',
    idle,
    [
      [{ kind: 'package' }, '1/0 stopWaiting inspect'],
      [{ kind: 'uri' }, '1/0 fetch'],
      [{ kind: 'block' }, '1/0 awaitBlock'],
      [{ kind: 'blockMissing' }, undefined],
      [{ kind: 'reset' }, '0/0 stopWaiting discard'],
      [{ kind: 'update', defer: false }, undefined],
      [{ kind: 'cancel' }, undefined],
      [{ kind: 'delivered', automatic: false }, undefined],
      [{ kind: 'restarted' }, '0/7'],
    ],
  ],
  [
    'Downloading',
    downloading,
    [
      [{ kind: 'package' }, undefined],
      [{ kind: 'uri' }, undefined],
      [{ kind: 'reset' }, '0/0 stopWaiting discard'],
      [{ kind: 'delivered', automatic: false }, '2/0'],
      [{ kind: 'delivered', automatic: true }, '3/0 install'],
      [{ kind: 'undeliverable', result: 4 }, '0/4 stopWaiting discard'],
      [{ kind: 'cancel' }, '0/10 stopWaiting discard'],
      [{ kind: 'update', defer: false }, undefined],
      [{ kind: 'restarted' }, '0/0 stopWaiting discard'],
    ],
  ],
  [
    'Downloading, block by block',
    receiving,
    [
      [{ kind: 'block' }, '1/0 awaitBlock'],
      [{ kind: 'package' }, '1/0 stopWaiting inspect'],
      [{ kind: 'uri' }, undefined],
      [{ kind: 'blockMissing' }, '0/4 discard'],
      [{ kind: 'reset' }, '0/0 stopWaiting discard'],
      [{ kind: 'cancel' }, '0/10 stopWaiting discard'],
      [{ kind: 'restarted' }, '0/0 stopWaiting discard'],
    ],
  ],
  [
    'Downloaded',
    downloaded,
    [
      [{ kind: 'block' }, undefined],
      [{ kind: 'package' }, undefined],
      [{ kind: 'reset' }, '0/0 stopWaiting discard'],
      [{ kind: 'update', defer: false }, '3/0 install'],
      [{ kind: 'update', defer: true }, '2/11 startDeferral'],
      [{ kind: 'deferralOver' }, undefined],
      [{ kind: 'cancel' }, '0/10 stopWaiting discard'],
      [{ kind: 'installed' }, undefined],
      [{ kind: 'restarted' }, '2/8'],
    ],
  ],
  [
    'Downloaded and put off',
    putOff,
    [
      [{ kind: 'update', defer: false }, '2/11'],
      [{ kind: 'deferralOver' }, '3/0 install'],
      [{ kind: 'cancel' }, '0/10 stopWaiting discard'],
      [{ kind: 'restarted' }, '2/11 startDeferral'],
    ],
  ],
  [
    'Updating',
    updating,
    [
      [{ kind: 'package' }, undefined],
      [{ kind: 'uri' }, undefined],
      [{ kind: 'reset' }, undefined],
      [{ kind: 'cancel' }, undefined],
      [{ kind: 'update', defer: false }, undefined],
      [{ kind: 'installed' }, '0/1 discard restart'],
      [{ kind: 'installFailed', result: 8 }, '2/8'],
      [{ kind: 'restarted' }, '3/0 install'],
    ],
  ],
])('in the state %s', (_, model, rows) => {
  test.each(rows)('%o leads to %s', (input, to) => {
    expect(after(model, input)).toBe(to);
  });
});

test('it begins in Idle, with nothing', () => {
  expect(FIRMWARE_AT_FIRST).toEqual({ state: 0, result: 0, receiving: false, deferred: false });
});
