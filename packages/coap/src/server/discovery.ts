import type { CoapReply, IncomingRequest } from '../api.ts';
import { Code } from '../code.ts';
import { ContentFormat } from '../content-format.ts';
import { diagnosticReply } from '../engine/reply.ts';
import { MAX_LINK_FILTERS } from '../limits.ts';
import { filterLinks } from '../link-format/filter-links.ts';
import { formatLinks } from '../link-format/format-links.ts';
import type { Link } from '../link-format/link.ts';
import { encodeUtf8 } from '../utf8.ts';
import { replies } from './replies.ts';

/** The links of `/.well-known/core` (RFC 6690 §4). */
export class Discovery {
  /** The links and their texts. */
  readonly #links = new Map<Link, string>();
  /** All links as text, until one is added. */
  #document: Uint8Array | undefined;

  /** Throws `RangeError` for a link that can't be expressed. */
  add(link: Link): void {
    this.#links.set(link, formatLinks([link]));
    this.#document = undefined;
  }

  /** Answers a GET: all links, or those that pass the filters in the query. */
  answer({ query, multicast }: IncomingRequest): CoapReply {
    if (query.length === 0) return document((this.#document ??= encodeUtf8([...this.#links.values()].join())));
    // RFC 6690 §4.1 has one. Each is compared with each link: a small request must not make a lot of work.
    if (query.length > MAX_LINK_FILTERS) {
      return diagnosticReply(Code.BAD_REQUEST, `expected at most ${MAX_LINK_FILTERS} filters`);
    }
    const links = filterLinks([...this.#links.keys()], query);
    // RFC 6690 §4.1: nobody needs to hear from all who have nothing. An error reply to a group is not sent.
    if (multicast && links.length === 0) return { code: Code.NOT_FOUND };
    return document(encodeUtf8(links.map((link) => this.#links.get(link)).join()));
  }
}

function document(payload: Uint8Array): CoapReply {
  return replies.content(payload, ContentFormat.LINK_FORMAT);
}
