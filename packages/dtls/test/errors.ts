import { DtlsError } from '../src/errors.ts';

/** The `DtlsError` that `run` throws; anything else it does is an error of the test. */
export function dtlsErrorOf(run: () => unknown): DtlsError {
  try {
    run();
  } catch (error) {
    if (error instanceof DtlsError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** What the peer is told about it. */
export function alertOf(run: () => unknown): string | undefined {
  return dtlsErrorOf(run).alert;
}
