import { Lwm2mServerError } from '../errors.ts';

/** What SQLite, the disk or a row is to blame for. Never has what is stored in it. */
export function storeError(what: string, cause: unknown): Lwm2mServerError {
  if (cause instanceof Lwm2mServerError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Lwm2mServerError('ERR_LWM2M_SERVER_STORE', `${what}: ${why}`, { cause });
}
