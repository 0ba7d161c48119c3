import { Lwm2mServerError } from '@flownexus/lwm2m-server';
import { ApiError } from '../http/errors.ts';

/** Calls the updater; what it refuses comes as an answer of the API. */
export async function callingUpdater<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof RangeError) {
      throw new ApiError(400, 'bad-body', `body: ${error.message}`, [{ path: 'body', message: error.message }]);
    }
    if (!(error instanceof Lwm2mServerError)) throw error;
    switch (error.code) {
      case 'ERR_LWM2M_SERVER_UPDATE_ACTIVE':
        throw new ApiError(409, 'conflict', 'the endpoint has an update that is under way');
      case 'ERR_LWM2M_SERVER_PACKAGE':
        throw new ApiError(422, 'unknown-firmware', error.message);
      case 'ERR_LWM2M_SERVER_LIMIT':
        throw new ApiError(409, 'quota-exceeded', error.message);
      case 'ERR_LWM2M_SERVER_STATE':
        throw new ApiError(503, 'unavailable', 'the LwM2M server does not run');
      default:
        throw error;
    }
  }
}
