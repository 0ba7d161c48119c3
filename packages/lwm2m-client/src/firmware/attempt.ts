/** Calls `next` with what `work` gives, at once unless that is a promise; `failed` with what it throws or rejects with. */
export function attempt<T>(
  work: () => T | Promise<T>,
  next: (value: T) => void,
  failed: (error: unknown) => void,
): void {
  let value: T | Promise<T>;
  try {
    value = work();
  } catch (error) {
    failed(error);
    return;
  }
  if (value instanceof Promise) value.then(next, failed);
  else next(value);
}
