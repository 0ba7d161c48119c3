import type { CoapRequest, CoapResponse, RequestOptions, TransferProgress } from '@flownexus/coap';
import type { Clock } from '@flownexus/datagram';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import { inExchange } from './answer.ts';

/** Bounds of an operation from when its first request is sent. */
export interface ExchangeBounds {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly blockSize?: number;
  readonly onProgress?: (progress: TransferProgress) => void;
}

/** Sends one request of an operation. Rejects with `Lwm2mServerError`; whatever the device answers is an answer. */
export type Requester = (request: CoapRequest) => Promise<CoapResponse>;

/**
 * What sends the requests of one operation to a device. The time limit is that of all of them together: a second request,
 * in another format, has what the first left of it.
 */
export function requester(
  endpoint: RegisteredEndpoint,
  context: { readonly clock: Clock },
  bounds: ExchangeBounds,
): Requester {
  const rest: () => RequestOptions = sharedBounds(context, bounds);
  return (request) => inExchange(endpoint.endpointName, () => endpoint.coap.request(endpoint.peer, request, rest()));
}

/** Bounds that several exchanges have together: each call gives what is left of the time. */
export function sharedBounds(
  { clock }: { readonly clock: Clock },
  { timeoutMs, ...others }: ExchangeBounds,
): () => ExchangeBounds {
  if (timeoutMs === undefined) return () => others;
  const deadline = clock.now() + timeoutMs;
  return () => ({ ...others, timeoutMs: Math.max(0, deadline - clock.now()) });
}
