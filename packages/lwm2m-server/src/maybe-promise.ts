/** What is there at once, or comes later. */
export type MaybePromise<T> = T | Promise<T>;

/** Calls `next` with a value: at once where it is there. Whatever has `then` is waited for. */
export function andThen<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return isThenable(value) ? Promise.resolve(value).then(next) : next(value as T);
}

/**
 * The promise that a handler returned, if it returned one. Any object with `then` counts: the queries of some database
 * libraries are no real promises and start only when awaited.
 */
export function asPromise(work: unknown): Promise<void> | undefined {
  return isThenable(work) ? Promise.resolve(work) : undefined;
}

/** Calls a function of the application; in the place of what it throws or rejects with comes what `failed` makes of that. */
export function guarded<T, U = never>(call: () => MaybePromise<T>, failed: (error: unknown) => U): MaybePromise<T | U> {
  try {
    const result = call();
    return isThenable(result) ? Promise.resolve(result).catch(failed) : result;
  } catch (error) {
    return failed(error);
  }
}

/** Does all tasks, `width` at a time: what waits for a database must not come at it all at once. */
export async function inParallel(width: number, tasks: readonly (() => MaybePromise<void>)[]): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    for (let task = tasks[next++]; task !== undefined; task = tasks[next++]) await task();
  };
  await Promise.all(Array.from({ length: width }, work));
}

/** Does `work` and then calls `last`, however it ends. */
export function doFinally<T>(work: () => T | Promise<T>, last: () => void): T | Promise<T> {
  let result: T | Promise<T>;
  try {
    result = work();
  } catch (error) {
    last();
    throw error;
  }
  if (result instanceof Promise) return result.finally(last);
  last();
  return result;
}

function isThenable(value: unknown): value is PromiseLike<never> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
