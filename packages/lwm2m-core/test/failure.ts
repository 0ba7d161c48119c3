import { expect } from 'vitest';
import { DecodeError, type Lwm2mErrorCode } from '../src/errors.ts';

/** The decode error that something ends in, with the code if one is given; anything else fails the test. */
export function failureOf(work: () => unknown, code?: Lwm2mErrorCode): DecodeError {
  try {
    work();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    if (code !== undefined) expect(error.code).toBe(code);
    return error;
  }
  throw new Error('expected a failure');
}
