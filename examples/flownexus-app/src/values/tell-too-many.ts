import { ApiError } from '../http/errors.ts';
import { TooManySeriesError } from './series-list.ts';

/** Tells the client, with a 400, when what it asks for selects too many series. */
export async function tellTooMany<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof TooManySeriesError)) throw error;
    throw new ApiError(400, 'too-many-series', error.message);
  }
}
