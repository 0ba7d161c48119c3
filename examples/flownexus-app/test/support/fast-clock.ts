// Loaded into the app before it starts (`--import`): its clock and its timers go FAST_CLOCK times as fast as those of the machine, so that a test sees
// what the app does after minutes. Nothing of the app knows about it.
import { isMainThread } from 'node:worker_threads';

const factor = Number(process.env['FAST_CLOCK']);

if (isMainThread && factor > 1) {
  const realNow = performance.now.bind(performance);
  const start = realNow();
  const now = (): number => start + (realNow() - start) * factor;
  const wallStart = Date.now();
  const wallTime = (): number => wallStart + Math.floor(now() - start);
  performance.now = now;
  const RealDate = Date;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, values, newTarget) =>
      Reflect.construct(target, values.length === 0 ? [wallTime()] : values, newTarget) as Date,
    get: (target, name) => (name === 'now' ? wallTime : (Reflect.get(target, name) as unknown)),
  });
  const { setTimeout: realTimeout, setInterval: realInterval } = globalThis;
  const faster = (delay: number | undefined): number => (delay ?? 1) / factor;
  globalThis.setTimeout = ((callback: () => void, delay?: number, ...values: []) =>
    realTimeout(callback, faster(delay), ...values)) as typeof setTimeout;
  globalThis.setInterval = (callback: () => void, delay?: number, ...values: []) =>
    realInterval(callback, faster(delay), ...values);
}

/** The environment of an app with such a clock. */
export function fastClock(times: number): Record<string, string> {
  return { FAST_CLOCK: String(times), NODE_OPTIONS: `--import=${import.meta.url}` };
}
