import { expect, test } from 'vitest';
import {
  NEW_SEQUENCE,
  stepSequence,
  type SequenceFacts,
  type SequenceInput,
  type SequenceState,
} from '../../src/bootstrap/sequence.ts';

const FACTS: SequenceFacts = { accounts: [1, 2], canBootstrap: true, fallsBack: true };

/** The commands of each input, and the last state. */
function run(inputs: readonly SequenceInput[], facts: Partial<SequenceFacts> = {}): [string[], SequenceState] {
  let state = NEW_SEQUENCE;
  const commands = inputs.map((input) => {
    const step = stepSequence(state, input, { ...FACTS, ...facts });
    state = step.state;
    return step.commands
      .map((command) => ('politely' in command && command.politely ? 'de-register' : command.kind))
      .join(' ');
  });
  return [commands, state];
}

const failed = (shortServerId: number): SequenceInput => ({ kind: 'failed', shortServerId });
const registered = (shortServerId: number): SequenceInput => ({ kind: 'registered', shortServerId });
const [begun, waited, triggered, bootstrapped, bootstrapFailed] = (
  ['begun', 'waited', 'triggered', 'bootstrapped', 'bootstrapFailed'] as const
).map((kind) => ({ kind })) as [SequenceInput, SequenceInput, SequenceInput, SequenceInput, SequenceInput];

test('accounts come before the bootstrap server', () => {
  expect(run([begun])).toEqual([['register'], { kind: 'registering', failed: new Set(), failures: 0 }]);
});

test('without an account it is the bootstrap server, after the hold-off', () => {
  const [commands, state] = run([begun, waited, bootstrapped], { accounts: [] });
  expect([commands, state.kind]).toEqual([['holdOff', 'bootstrap', 'register'], 'registering']);
});

test('without any account nothing happens any more', () => {
  const [commands, state] = run([begun, waited, triggered, bootstrapped, failed(1)], {
    accounts: [],
    canBootstrap: false,
  });
  expect([commands, state.kind]).toEqual([['strand', '', '', '', ''], 'stranded']);
});

test('all servers have to fail, and none of them to have accepted since', () => {
  expect(run([begun, failed(1), failed(1), failed(2)])[0]).toEqual(['register', '', '', 'leave holdOff']);
  expect(run([begun, failed(1), registered(1), failed(2), failed(1)])[0]).toEqual([
    'register',
    '',
    '',
    '',
    'leave holdOff',
  ]);
});

test('a device that may not, or can not, stays with its servers', () => {
  expect(run([begun, failed(1), failed(2)], { canBootstrap: false })[0]).toEqual(['register', '', '']);
  expect(run([begun, failed(1), failed(2)], { fallsBack: false })[0]).toEqual(['register', '', '']);
});

test('a trigger ends the registrations with a De-register', () => {
  expect(run([begun, registered(1), triggered], { fallsBack: false })[0]).toEqual([
    'register',
    '',
    'de-register bootstrap',
  ]);
  expect(run([begun, triggered], { canBootstrap: false })[0]).toEqual(['register', '']);
});

test('after a bootstrap that failed it begins anew, after a pause that grows', () => {
  const [commands, state] = run([
    begun,
    triggered,
    bootstrapFailed,
    waited,
    failed(1),
    failed(2),
    waited,
    bootstrapFailed,
  ]);
  expect(commands).toEqual([
    'register',
    'de-register bootstrap',
    'pause',
    'register',
    '',
    'leave holdOff',
    'bootstrap',
    'pause',
  ]);
  expect(state).toEqual({ kind: 'pausing', failures: 2 });
  const [, after] = run([begun, triggered, bootstrapFailed, waited, registered(1)]);
  expect(after).toMatchObject({ kind: 'registering', failures: 0 });
});

test('what comes too late changes nothing', () => {
  for (const inputs of [
    [begun, triggered],
    [begun, failed(1), failed(2)],
    [begun, triggered, bootstrapFailed],
  ]) {
    const [, before] = run(inputs);
    const [commands, after] = run([...inputs, begun, registered(1), failed(2), triggered]);
    expect([commands.slice(inputs.length), after]).toEqual([['', '', '', ''], before]);
  }
});
