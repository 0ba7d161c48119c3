import type { Link } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import type { BootstrapConfiguration } from '../../src/bootstrap/bootstrap-configuration.ts';
import {
  newSession,
  step,
  type SessionCommand,
  type SessionInput,
  type SessionState,
} from '../../src/bootstrap/session-state.ts';

const CONFIGURATION: BootstrapConfiguration = {
  deletes: ['/0'],
  instances: [{ path: '/1/0', resources: [] }],
};
const ANY_ID: BootstrapConfiguration = { deletes: ['/0'], instances: [{ path: '/0', resources: [] }] };

/** What a session asks for, in words. */
function inWords(command: SessionCommand): string {
  if (command.kind === 'failed') return `failed: ${command.reason}`;
  if (command.kind !== 'send') return command.kind;
  return `${command.step.operation} ${command.step.path} ${command.contentFormat}`;
}

/** What a session asks for at each of the inputs, the first at its beginning. */
function run(
  configuration: BootstrapConfiguration,
  inputs: readonly (SessionInput | string)[],
  preferred?: number,
): readonly string[] {
  let state: SessionState = newSession(configuration, preferred);
  const begin: SessionInput = { kind: 'begin' };
  return [begin, ...inputs].map((input) => {
    const transition = step(state, typeof input === 'string' ? answered(input) : input);
    ({ state } = transition);
    return inWords(transition.command);
  });
}

function answered(responseCode: string, diagnostic?: string, links?: readonly Link[]): SessionInput {
  return { kind: 'answered', responseCode, diagnostic, links };
}

function links(...targets: readonly string[]): readonly Link[] {
  return targets.map((text) => {
    const [target = '', ssid] = text.split(' ssid=');
    return { target, attributes: ssid === undefined ? {} : { ssid } };
  });
}

const CORRECTED: SessionInput = { kind: 'corrected', configuration: undefined };

describe('the plain way', () => {
  test('deletes, writes, finishes', () => {
    expect(run(CONFIGURATION, ['2.02', '2.04', '2.04'])).toEqual([
      'delete /0 11542',
      'write /1/0 11542',
      'finish /bs 11542',
      'finished',
    ]);
  });

  test('what is not there is deleted, and what is created is written', () => {
    expect(run(CONFIGURATION, ['4.04', '2.01', '2.04']).at(-1)).toBe('finished');
  });

  test('deletes the accounts by default, and writes those before what they guard', () => {
    const paths = ['/3/0', '/2/0', '/1/0', '/21/0', '/5/0', '/0/1'];
    const configuration = { instances: paths.map((path) => ({ path, resources: [] })) };
    const commands = run(configuration, ['2.02', '2.02', '2.04', '2.04', '2.04', '2.04', '2.04', '2.04']);
    expect(commands.map((command) => command.replace(' 11542', ''))).toEqual([
      'delete /0',
      'delete /1',
      'write /0/1',
      'write /21/0',
      'write /1/0',
      'write /2/0',
      'write /3/0',
      'write /5/0',
      'finish /bs',
    ]);
  });

  test('asks its questions where they belong, and goes on when they are refused', () => {
    const configuration: BootstrapConfiguration = {
      ...CONFIGURATION,
      queries: [
        { operation: 'read', path: '/1' },
        { operation: 'discover', path: '/' },
        { operation: 'read', path: '/2', when: 'afterDeletes' },
      ],
    };
    expect(run(configuration, ['4.04', '2.02', '4.05', '2.04', '5.01', '2.04'])).toEqual([
      'discover / 11542',
      'delete /0 11542',
      'read /2 11542',
      'write /1/0 11542',
      'read /1 11542',
      'finish /bs 11542',
      'finished',
    ]);
  });
});

describe('the Content-Format', () => {
  test('is the one that the device prefers, unless the configuration has one', () => {
    expect(run(CONFIGURATION, ['2.02'], 112).at(-1)).toBe('write /1/0 112');
    expect(run({ ...CONFIGURATION, contentFormat: 110 }, ['2.02'], 112).at(-1)).toBe('write /1/0 110');
  });

  test.each([
    [undefined, 112],
    [112, 11542],
    [11542, 112],
  ])('where the device refuses %s another is tried once', (preferred, other) => {
    expect(run(CONFIGURATION, ['2.02', '4.15', '4.15'], preferred).slice(2)).toEqual([
      `write /1/0 ${other}`,
      'failed: the Write of /1/0 was answered 4.15',
    ]);
  });

  test('that the configuration has is the only one', () => {
    expect(run({ ...CONFIGURATION, contentFormat: 112 }, ['2.02', '4.15']).at(-1)).toBe(
      'failed: the Write of /1/0 was answered 4.15',
    );
  });
});

describe('an id that is free', () => {
  test('is the lowest that the Bootstrap-Server and nobody else has after the Deletes', () => {
    const found = answered('2.05', undefined, links('/', '/0/0', '/0/1 ssid=5', '/1/0 ssid=5'));
    expect(run(ANY_ID, [found, '2.02']).slice(0, 3)).toEqual([
      'discover /0 11542',
      'delete /0 11542',
      'write /0/1 11542',
    ]);
  });

  test('is not that of an account that is not deleted', () => {
    const configuration = { ...ANY_ID, deletes: [] };
    const found = answered('2.05', undefined, links('/0/0', '/0/1 ssid=5'));
    expect(run(configuration, [found]).at(-1)).toBe('write /0/2 11542');
  });

  test('is not that of what is written besides', () => {
    const instances = ['/0', '/0/0', '/0', '/0/2'].map((path) => ({ path, resources: [] }));
    const found = answered('2.05', undefined, links('/0/1'));
    expect(run({ deletes: [], instances }, [found, '2.04', '2.04', '2.04']).slice(1)).toEqual([
      'write /0/3 11542',
      'write /0/0 11542',
      'write /0/4 11542',
      'write /0/2 11542',
    ]);
  });

  test('is found by a Discover of all where the device refuses one of the Object', () => {
    const found = answered('2.05', undefined, links('/0/0', '/1/0 ssid=1'));
    const configuration = { deletes: [], instances: ['/0', '/1'].map((path) => ({ path, resources: [] })) };
    expect(run(configuration, [answered('2.05', undefined, links('/0/5')), '4.00', found, '2.04'])).toEqual([
      'discover /0 11542',
      'discover /1 11542',
      'discover / 11542',
      'write /0/1 11542',
      'write /1/1 11542',
    ]);
  });

  test('is found by a Discover of each Object', () => {
    const configuration = { deletes: [], instances: ['/0', '/1'].map((path) => ({ path, resources: [] })) };
    const [security, server] = [answered('2.05', undefined, links('/0/0')), answered('2.05', undefined, links('/1/0'))];
    expect(run(configuration, [security, server, '2.04']).slice(2)).toEqual(['write /0/1 11542', 'write /1/1 11542']);
  });

  test('is known to nobody when the Discovers fail: then nothing is deleted', () => {
    expect(run(ANY_ID, ['4.05', '4.05'])).toEqual([
      'discover /0 11542',
      'discover / 11542',
      'failed: the Discover of / was answered 4.05',
    ]);
    expect(run(ANY_ID, ['2.05', '2.05']).at(-1)).toBe('failed: the Discover of / was answered with what are no links');
  });
});

describe('a Finish that is answered 4.06', () => {
  test('has everything deleted and written once more, and fails at the second', () => {
    expect(run(CONFIGURATION, ['2.02', '2.04', '4.06', CORRECTED, '2.02', '2.04', '4.06', CORRECTED]).slice(3)).toEqual(
      [
        'correct',
        'delete /0 11542',
        'write /1/0 11542',
        'finish /bs 11542',
        'correct',
        'failed: the device finds its configuration inconsistent, also when it is written once more',
      ],
    );
  });

  test('has what the application gives written instead, a few times', () => {
    const configuration: BootstrapConfiguration = { deletes: [], instances: [{ path: '/1/1', resources: [] }] };
    const corrected: SessionInput = { kind: 'corrected', configuration };
    const again = [corrected, '2.04', '4.06'];
    const commands = run(CONFIGURATION, ['2.02', '2.04', '4.06', ...again, ...again, ...again]);
    expect(commands.slice(3, 7)).toEqual(['correct', 'write /1/1 11542', 'finish /bs 11542', 'correct']);
    expect(commands.at(-1)).toBe('failed: the Finish was answered 4.06');
    expect(commands.filter((command) => command === 'correct')).toHaveLength(3);
  });

  test('has ids found anew', () => {
    const found = answered('2.05', undefined, links('/0/0', '/0/1 ssid=1'));
    expect(run(ANY_ID, [found, '2.02', '2.04', '4.06', CORRECTED, found, '2.02']).slice(4)).toEqual([
      'correct',
      'discover /0 11542',
      'delete /0 11542',
      'write /0/1 11542',
    ]);
  });
});

describe('it fails with a reason', () => {
  test.each<readonly [string, readonly (SessionInput | string)[], string]>([
    ['a refused Delete', ['4.00'], 'the Delete of /0 was answered 4.00'],
    ['a refused Write', ['2.02', answered('4.00', 'no such')], 'the Write of /1/0 was answered 4.00: no such'],
    ['a refused Finish', ['2.02', '2.04', '5.00'], 'the Finish was answered 5.00'],
    ['no answer', [{ kind: 'unanswered', reason: 'silence' }], 'the Delete of /0 failed: silence'],
    ['an end from outside', [{ kind: 'ended', reason: 'enough' }], 'enough'],
  ])('%s', (_name, inputs, reason) => {
    expect(run(CONFIGURATION, inputs).at(-1)).toBe(`failed: ${reason}`);
  });
});

test('a reason is one line, whatever the device says', () => {
  const commands = run(CONFIGURATION, [answered('4.00', 'no\n2026-01-01 all is well\u001b[31m')]);
  expect(commands.at(-1)).toBe('failed: the Delete of /0 was answered 4.00: no 2026-01-01 all is well [31m');
});
