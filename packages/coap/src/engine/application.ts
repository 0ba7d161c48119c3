import { isPromise } from '../when.ts';
import type { CoapCounters } from './statistics.ts';

/** Calls to the application: whatever it does, the engine goes on. */
export interface Application {
  /** Calls something of the application: what it throws, or rejects with, is counted, reported, and goes no further. */
  callApplication(context: string, callback: () => unknown): void;
  /** Counts and reports what the application threw. */
  applicationError(error: unknown, context: string): void;
}

export type ErrorReport = (error: unknown, context: string) => unknown;

export function application(counters: CoapCounters, onError: ErrorReport | undefined): Application {
  const countError = (): void => {
    counters.handlerErrors += 1;
  };
  const applicationError = (error: unknown, context: string): void => {
    countError();
    // A report that fails is only counted: there is nobody left to tell.
    if (onError !== undefined) guarded(() => onError(error, context), countError);
  };
  return {
    applicationError,
    callApplication: (context, callback) => guarded(callback, (error) => applicationError(error, context)),
  };
}

/**
 * Calls something whose errors go to `onFailure`. An async function may stand where a callback returns nothing: its rejection must
 * not end the process.
 */
function guarded(callback: () => unknown, onFailure: (error: unknown) => void): void {
  try {
    const result = callback();
    if (isPromise(result)) Promise.resolve(result).catch(onFailure);
  } catch (error) {
    onFailure(error);
  }
}
