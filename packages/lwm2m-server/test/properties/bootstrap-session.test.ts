import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits } from '../../src/limits.ts';
import type { BootstrapConfiguration } from '../../src/bootstrap/bootstrap-configuration.ts';
import { newSession, step, type SessionCommand, type SessionInput } from '../../src/bootstrap/session-state.ts';

const CODES = ['2.01', '2.02', '2.04', '2.05', '4.00', '4.04', '4.05', '4.06', '4.15', '5.00'];
const TARGETS = ['/', '/0/0', '/0/1', '/1/0', '/3/0', '/x', ''];

const configuration = fc.record<BootstrapConfiguration>(
  {
    instances: fc.uniqueArray(
      fc.constantFrom('/0', '/0/0', '/1', '/1/0', '/3/0').map((path) => ({ path, resources: [] })),
      { maxLength: 4, selector: ({ path }) => path },
    ),
    deletes: fc.subarray(['/', '/0', '/1', '/1/0']),
    queries: fc.array(
      fc.record({
        operation: fc.constant('discover' as const),
        path: fc.constantFrom('/', '/1'),
        when: fc.constantFrom('first' as const, 'afterDeletes' as const, 'beforeFinish' as const),
      }),
      { maxLength: 3 },
    ),
    contentFormat: fc.constantFrom(112, 11_542),
  },
  { requiredKeys: ['instances'] },
);

/** What a device does, mostly what it should. */
const behaviour = fc.record({
  code: fc.oneof({ arbitrary: fc.constant(undefined), weight: 8 }, { arbitrary: fc.constantFrom(...CODES), weight: 2 }),
  silent: fc.nat(40).map((chance) => chance === 0),
  targets: fc.option(fc.array(fc.constantFrom(...TARGETS), { maxLength: 5 }), { nil: undefined }),
  correction: fc.option(configuration, { nil: undefined }),
});

const SUCCESS: Readonly<Record<string, string>> = {
  discover: '2.05',
  read: '2.05',
  delete: '2.02',
  write: '2.04',
  finish: '2.04',
};

function answer(
  command: SessionCommand,
  device: typeof behaviour extends fc.Arbitrary<infer T> ? T : never,
): SessionInput {
  if (command.kind === 'correct') return { kind: 'corrected', configuration: device.correction };
  if (command.kind !== 'send') throw new Error('it is over');
  if (device.silent) return { kind: 'unanswered', reason: 'silence' };
  return {
    kind: 'answered',
    responseCode: device.code ?? SUCCESS[command.step.operation] ?? '5.00',
    links: device.targets?.map((target) => ({ target, attributes: {} })),
  };
}

test('a session comes to an end whatever the device does, and finishes only when everything was taken', () => {
  fc.assert(
    fc.property(configuration, fc.array(behaviour, { minLength: 1, maxLength: 30 }), (wanted, devices) => {
      let { state, command } = step(newSession(wanted, undefined), { kind: 'begin' });
      const taken = new Set<string>();
      let finishes = 0;
      let corrections = 0;
      for (let count = 0; command.kind === 'send' || command.kind === 'correct'; count += 1) {
        expect(count).toBeLessThan(200);
        const input = answer(command, devices[count % devices.length] ?? expect.fail());
        if (command.kind === 'correct') {
          corrections += 1;
          taken.clear();
        } else {
          const { operation, path } = command.step;
          // Nothing is written to what is no Object Instance, and no account is written before it is deleted.
          if (operation === 'write') expect(path).toMatch(/^\/\d+\/\d+$/);
          if (operation === 'delete') expect(taken.size).toBe(0);
          if (operation === 'finish') finishes += 1;
          const isTaken = input.kind === 'answered' && ['2.01', '2.04'].includes(input.responseCode);
          if (operation === 'write' && isTaken) taken.add(path);
        }
        ({ state, command } = step(state, input));
      }
      expect(finishes).toBeLessThanOrEqual(limits.maxInconsistencies);
      expect(corrections).toBeLessThan(limits.maxInconsistencies);
      if (command.kind === 'finished') {
        expect(taken.size).toBe(state.configuration.instances.length);
        expect(finishes).toBeGreaterThan(0);
      } else {
        expect(command).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/./) as string });
      }
    }),
    { numRuns: 500 },
  );
});
