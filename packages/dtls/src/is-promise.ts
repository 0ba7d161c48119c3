/** Whether an answer is yet to come. Any object with `then` counts: the queries of some database libraries are no real promises. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
