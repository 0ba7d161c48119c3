import { expect } from 'vitest';
import { DecodeError, type Lwm2mErrorCode } from '../src/errors.ts';

/** The decode error that something ends in; anything else fails the test. */
export function failureOf(work: () => unknown, code: Lwm2mErrorCode): DecodeError {
  try {
    work();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    expect(error.code).toBe(code);
    return error;
  }
  throw new Error('expected a failure');
}
