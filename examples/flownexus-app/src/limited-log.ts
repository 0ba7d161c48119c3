import type { Logger } from 'pino';
import { limits } from './limits.ts';

/** What a {@link limitedLog} writes to, and how much. */
export interface LimitedLogOptions {
  /** Writes one line; `left` is how many before it were left out. */
  readonly write: (error: unknown, context: string, left: number) => void;
  readonly perSecond: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/**
 * Logs errors that come with each message of a device, at most so many per second: a full disk, or a device that provokes
 * them, must not fill the log as well.
 */
export function limitedLog({
  write,
  perSecond,
  now = () => performance.now(),
}: LimitedLogOptions): (error: unknown, context: string) => void {
  let second = -1;
  let written = 0;
  let left = 0;
  return (error, context) => {
    const current = Math.floor(now() / 1000);
    if (current !== second) {
      second = current;
      written = 0;
    }
    if (written >= perSecond) {
      left += 1;
      return;
    }
    written += 1;
    write(error, context, left);
    left = 0;
  };
}

/** A {@link limitedLog} into the log of the app, for what goes wrong in serving devices and has no caller to go to. */
export function limitedErrors(log: Logger): (error: unknown, context: string) => void {
  return limitedLog({
    write: (error, context, left) => log.error({ err: error, ...(left === 0 ? {} : { leftOut: left }) }, context),
    perSecond: limits.errorLinesPerSecond,
  });
}
