import type { CoapReply, IncomingRequest } from '@flownexus/coap';
import type { MaybePromise } from '../maybe-promise.ts';

/** Who sent a request to a resource. */
export interface ResourceClient {
  /**
   * The name of the endpoint that the sender has proven to be, by the credentials of the endpoint that the request came to. Undefined: it has proven
   * no identity, or one that is no endpoint's. Throws or rejects as the credential store does.
   */
  endpointName(): MaybePromise<string | undefined>;
}

/** What a server serves on its endpoints beside the interfaces of LwM2M: files for devices to fetch, for example. */
export interface CoapResource {
  /** The first segment of the paths that it answers, such as `f`. `rd`, `dp`, `bs` and `bspack` belong to LwM2M. */
  readonly path: string;
  /**
   * Answers a request of any method below `path`. Empty segments before it (`//f/name`) are passed over. What it throws is answered 5.00 and goes
   * to `onError`.
   */
  handle(request: IncomingRequest, client: ResourceClient): CoapReply | Promise<CoapReply>;
}
