import type { IncomingRequest } from '../api.ts';
import { OptionNumber } from '../options.ts';

/** About the registration itself, not about what is observed. */
const OF_THE_REGISTRATION: ReadonlySet<number> = new Set([
  OptionNumber.OBSERVE,
  OptionNumber.IF_MATCH,
  OptionNumber.IF_NONE_MATCH,
  OptionNumber.ETAG,
  OptionNumber.BLOCK1,
  OptionNumber.BLOCK2,
]);

/** A request to be handled again for each notification: a copy, since the values of a received one keep its datagram. */
export function detached(request: IncomingRequest): IncomingRequest {
  const { peer, method, confirmable, path, query, contentFormat, accept, uriHost, uriPort } = request;
  return {
    peer,
    method,
    confirmable,
    token: Uint8Array.from(request.token),
    path,
    query,
    contentFormat,
    accept,
    observe: undefined,
    uriHost,
    uriPort,
    etags: [],
    ifMatch: [],
    ifNoneMatch: false,
    echoFresh: false,
    multicast: false,
    options: request.options
      .filter(({ number }) => !OF_THE_REGISTRATION.has(number))
      .map(({ number, value }) => ({ number, value: Uint8Array.from(value) })),
    payload: Uint8Array.from(request.payload),
    acceptObservation() {
      throw new TypeError('the request stands for a notification: its observation has been accepted');
    },
  };
}
