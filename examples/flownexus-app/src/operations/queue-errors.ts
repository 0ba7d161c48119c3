import { Lwm2mServerError } from '@flownexus/lwm2m-server';
import { ApiError } from '../http/errors.ts';

/** Calls the queue; what it refuses comes as an answer of the API. */
export async function callingQueue<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof Lwm2mServerError)) throw error;
    switch (error.code) {
      case 'ERR_LWM2M_SERVER_LIMIT':
        throw new ApiError(409, 'quota-exceeded', error.message);
      case 'ERR_LWM2M_SERVER_STATE':
        throw new ApiError(503, 'unavailable', 'the LwM2M server does not run');
      case 'ERR_LWM2M_SERVER_UNKNOWN_OPERATION':
        throw new ApiError(404, 'not-found', 'there is no operation of that id');
      default:
        throw error;
    }
  }
}
