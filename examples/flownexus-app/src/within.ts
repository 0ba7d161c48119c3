/** Something took longer than it may. */
class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/** What `work` gives, or rejects with. Rejects with a `TimeoutError` when that takes longer than so many milliseconds; the work itself goes on. */
export async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeoutError(`nothing after ${String(ms)} ms`)), ms);
    timer.unref();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
