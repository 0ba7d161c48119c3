import { pino } from 'pino';
import { expect, test } from 'vitest';
import { StopSteps } from '../../src/operating/stop-steps.ts';

function testSteps(stepMs = 5_000) {
  const lines: string[] = [];
  const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) });
  return { steps: new StopSteps(log, stepMs), lines };
}

test('the steps are done the other way round, once', async () => {
  const { steps } = testSteps();
  const done: string[] = [];
  steps.add('the database', () => void done.push('database'));
  steps.add('the servers', async () => {
    await Promise.resolve();
    done.push('servers');
  });
  const [first, second] = [steps.run(), steps.run()];
  await Promise.all([first, second]);
  expect(done).toEqual(['servers', 'database']);
});

test('one that fails is logged, and the others are done', async () => {
  const { steps, lines } = testSteps();
  const done: string[] = [];
  steps.add('the database', () => void done.push('database'));
  steps.add('the servers', () => Promise.reject(new Error('a socket')));
  steps.add('the pages', () => {
    throw new Error('a page');
  });
  steps.add('the jobs', () => void done.push('jobs'));
  await expect(steps.run()).rejects.toThrow('could not be stopped: the pages, the servers');
  expect(done).toEqual(['jobs', 'database']);
  expect(lines.join('')).toMatch(/a page[\s\S]*a socket/);
});

test('one that never ends does not keep the others from it', async () => {
  const { steps, lines } = testSteps(5);
  const done: string[] = [];
  steps.add('the database', () => void done.push('database'));
  steps.add('the servers', () => new Promise(() => undefined));
  await expect(steps.run()).rejects.toThrow('could not be stopped: the servers');
  expect(done).toEqual(['database']);
  expect(lines).toHaveLength(1);
});
