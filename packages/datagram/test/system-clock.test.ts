import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { systemClock } from '@flownexus/datagram';
import { afterEach, describe, expect, test, vi } from 'vitest';

describe('systemClock', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('tells the monotonic and the wall time in milliseconds', () => {
    const before = performance.now();
    expect(systemClock.now()).toBeGreaterThanOrEqual(before);
    expect(Math.abs(systemClock.wallTime() - Date.now())).toBeLessThan(1000);
  });

  test('runs a callback later, and never before its time', async () => {
    const start = systemClock.now();
    let synchronous = true;
    await new Promise<void>((resolve, reject) => {
      systemClock.schedule(1.5, () => {
        if (synchronous) reject(new Error('ran synchronously'));
        else resolve();
      });
      synchronous = false;
    });
    expect(systemClock.now() - start).toBeGreaterThanOrEqual(1.5);
  });

  test('a cancelled timer does not run', () => {
    vi.useFakeTimers();
    const callback = vi.fn();
    const timer = systemClock.schedule(10, callback);
    timer.cancel();
    timer.cancel();
    vi.advanceTimersByTime(100);
    expect(callback).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('waits for more than the 24.8 days of setTimeout', () => {
    vi.useFakeTimers();
    const callback = vi.fn();
    const delayMs = 100 * 86_400_000;
    systemClock.schedule(delayMs, callback);
    vi.advanceTimersByTime(delayMs - 1);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledOnce();
  });

  test('a long wait can be cancelled after its first part', () => {
    vi.useFakeTimers();
    const callback = vi.fn();
    const timer = systemClock.schedule(2 ** 32, callback);
    vi.advanceTimersByTime(2 ** 31 + 10);
    timer.cancel();
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([Number.NaN, Infinity])('a delay of %s is a mistake of the caller', (delayMs) => {
    expect(() => systemClock.schedule(delayMs, () => {})).toThrow(RangeError);
  });

  test('its timers do not keep a process alive', () => {
    const ended = run('systemClock.schedule(60_000, () => {});');
    expect(ended).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
  });

  test('what is held keeps a process alive until it is released', () => {
    const script = `
      const releases = [systemClock.hold(), systemClock.hold()];
      releases[0]();
      systemClock.schedule(50, () => {
        console.log('still there');
        releases[1]();
        releases[1]();
        systemClock.schedule(50, () => console.log('not any more'));
      });`;
    expect(run(script)).toEqual({ status: 0, signal: null, stdout: 'still there\n', stderr: '' });
  });
});

/** How a process ends that runs the script, and what it says. */
function run(script: string): Pick<SpawnSyncReturns<string>, 'status' | 'signal' | 'stdout' | 'stderr'> {
  const source = new URL('../src/system-clock.ts', import.meta.url).href;
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--experimental-strip-types',
      '--no-warnings',
      '--input-type=module',
      '-e',
      `import { systemClock } from ${JSON.stringify(source)}; ${script}`,
    ],
    { timeout: 15_000, encoding: 'utf8' },
  );
  return { status, signal, stdout, stderr };
}
