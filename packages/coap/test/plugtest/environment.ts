import type { PlugtestClient, PlugtestRequest } from './plugtest-client.ts';
import type { Wire } from './wire.ts';

/** The resources that the test descriptions name. */
export type ResourceName =
  | 'test'
  | 'seg1/seg2/seg3'
  | 'query'
  | 'location-query'
  | 'multi-format'
  | 'validate'
  | 'create1'
  | 'large'
  | 'large-update'
  | 'large-create'
  | 'large-post'
  | 'obs'
  | 'obs-non'
  | 'obs-large'
  | 'obs-pumping';

/**
 * What a foreign stack does in another way than the descriptions or the RFCs have it, and a case puts up with:
 *
 * - `resets-repeated-response`: answers the retransmission of a separate response that it has seen with a Reset instead of an
 *   ACK (RFC 7252 §4.5).
 * - `leaves-with-the-response`: does not wait for retransmissions of what it has acknowledged;
 * - `omits-content-format`: sends text without a Content-Format, which the descriptions want;
 * - `omits-last-block1`: answers the last block of a request without Block1 (RFC 7959 §2.3);
 * - `answers-non-with-con`: answers a Non-confirmable request with a Confirmable message (RFC 7252 §5.2.3 has a SHOULD);
 * - `asks-with-more`: sets the M bit of Block2 in a request (RFC 7959 §2.2);
 * - `renumbers-from-block-1`: goes on with block 1 when the server that took block 0 wants smaller ones from there on
 *   (RFC 7959 §2.3).
 */
export type Deviation =
  | 'resets-repeated-response'
  | 'leaves-with-the-response'
  | 'omits-content-format'
  | 'omits-last-block1'
  | 'answers-non-with-con'
  | 'asks-with-more'
  | 'renumbers-from-block-1';

/** Where a case runs: a client, a server, and what lies between them. */
export interface Environment {
  /** The client under test. */
  readonly client: PlugtestClient;
  /** Another client, to change things at the server. The wire does not show its messages. */
  readonly operator: PlugtestClient;
  readonly wire: Wire;
  /** What takes its time. */
  readonly separate: Pick<PlugtestRequest, 'path' | 'query'>;
  /** The path of a resource. Servers that nobody can teach other names have their own. */
  readonly at: (resource: ResourceName) => readonly string[];
  /** Resolves like `promise`: on a virtual clock, by letting time pass. */
  readonly run: <T>(promise: Promise<T>) => Promise<T>;
  /** Resolves when a resource that changes by itself has done so. */
  readonly changed: (resource: ResourceName) => Promise<void>;
  /** A retransmission that is still to come has come after so many changes of a resource. */
  readonly patience: number;
  readonly deviations: readonly Deviation[];
  /** Starts the server anew: it forgets everything. Where the case says that it needs that. */
  readonly reboot?: () => Promise<void>;
}

/** One test description of the ETSI plugtests. */
export interface PlugtestCase {
  readonly id: string;
  readonly title: string;
  /** The case waits for retransmissions: both sides have short ACK_TIMEOUTs where they can. */
  readonly retransmits?: boolean;
  /** Why the case runs with our client and our server alone. */
  readonly onlyOurs?: string;
  readonly run: (environment: Environment) => Promise<void>;
}
