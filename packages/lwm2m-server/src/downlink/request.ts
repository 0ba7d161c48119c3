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
  { clock }: { readonly clock: Clock },
  { timeoutMs, ...options }: ExchangeBounds,
): Requester {
  const deadline = timeoutMs === undefined ? undefined : clock.now() + timeoutMs;
  const bounds = (): RequestOptions =>
    deadline === undefined ? options : { ...options, timeoutMs: Math.max(0, deadline - clock.now()) };
  return (request) => inExchange(endpoint.endpointName, () => endpoint.coap.request(endpoint.peer, request, bounds()));
}
