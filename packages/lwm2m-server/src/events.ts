import { asPromise } from './maybe-promise.ts';

/** Told of an error that has no caller to go to, and of what was being done. */
export type ErrorReporter = (error: unknown, context: string) => void;

type Listener<Arguments extends readonly unknown[]> = (...args: Arguments) => unknown;

/**
 * Listeners by event name. Each listener is called by itself: one that throws, or whose promise rejects, is reported and
 * disturbs neither the others nor the emitter. Nobody waits for a promise.
 */
export class EventSource<Events extends { readonly [Name in keyof Events]: readonly unknown[] }> {
  readonly #listeners: { [Name in keyof Events]?: readonly Listener<Events[Name]>[] } = {};
  readonly #report: ErrorReporter;

  constructor(report: ErrorReporter) {
    this.#report = report;
  }

  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): void {
    // Lists are replaced, never changed: an emit under way keeps the list it started with.
    this.#listeners[name] = [...(this.#listeners[name] ?? []), listener];
  }

  off<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): void {
    const listeners = this.#listeners[name];
    if (listeners !== undefined) this.#listeners[name] = listeners.filter((entry) => entry !== listener);
  }

  once<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): void {
    const wrapper: Listener<Events[Name]> = (...args) => {
      this.off(name, wrapper);
      return listener(...args);
    };
    this.on(name, wrapper);
  }

  emit<Name extends keyof Events>(name: Name, ...args: Events[Name]): void {
    const listeners = this.#listeners[name];
    if (listeners === undefined) return;
    const failed = (error: unknown): void => {
      this.#report(error, `a listener of '${String(name)}' threw`);
    };
    for (const listener of listeners) {
      try {
        asPromise(listener(...args))?.catch(failed);
      } catch (error) {
        failed(error);
      }
    }
  }
}

/** An error that has been reported and still has to fail what it failed: whoever catches it does not report it again. */
export class ReportedError extends Error {
  override readonly name: string = 'ReportedError';

  constructor(cause: unknown) {
    super('reported already', { cause });
  }
}

/**
 * An {@link ErrorReporter} that can not itself throw. Without a `report` to call, and for what a faulty one throws, it
 * warns on the process (`process.emitWarning`, by default printed to stderr): no error vanishes.
 */
export function safeReporter(report: ErrorReporter | undefined): ErrorReporter {
  return (error, context) => {
    if (report === undefined) {
      warn(error, context);
      return;
    }
    try {
      report(error, context);
    } catch (second) {
      warn(error, context);
      warn(second, 'onError threw');
    }
  };
}

function warn(error: unknown, context: string): void {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.emitWarning(`${context}: ${detail}`, { type: 'Lwm2mServerWarning' });
}
