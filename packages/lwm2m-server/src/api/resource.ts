import type { CoapReply, IncomingRequest } from '@flownexus/coap';

/** What a server serves on its endpoints beside the interfaces of LwM2M: files for devices to fetch, for example. */
export interface CoapResource {
  /** The first segment of the paths that it answers, such as `f`. `rd`, `dp`, `bs` and `bspack` belong to LwM2M. */
  readonly path: string;
  /** Answers a request of any method below `path`. What it throws is answered 5.00 and goes to `onError`. */
  handle(request: IncomingRequest): CoapReply | Promise<CoapReply>;
}
