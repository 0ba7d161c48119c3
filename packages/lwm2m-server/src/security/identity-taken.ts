import { Lwm2mServerError } from '../errors.ts';

/** A store refuses a credential whose identity another endpoint has. */
export function identityTaken(): Lwm2mServerError {
  return new Lwm2mServerError('ERR_LWM2M_SERVER_IDENTITY_TAKEN', 'another endpoint has this identity');
}
