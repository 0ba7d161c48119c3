import type { CoapReply, IncomingRequest } from '../api.ts';
import { Code } from '../code.ts';
import { ContentFormat } from '../content-format.ts';
import { filterLinks } from '../link-format/filter-links.ts';
import { formatLinks } from '../link-format/format-links.ts';
import type { Link } from '../link-format/link.ts';
import { encodeUtf8 } from '../utf8.ts';
import { replies } from './replies.ts';

/** The links of `/.well-known/core` (RFC 6690 §4). */
export class Discovery {
  readonly #links: Link[] = [];
  /** All links as text, until one is added. */
  #document: Uint8Array | undefined;

  /** Throws `RangeError` for a link that can't be expressed. */
  add(link: Link): void {
    formatLinks([link]);
    this.#links.push(link);
    this.#document = undefined;
  }

  /** Answers a GET: all links, or those that pass the filters in the query. */
  answer({ query, multicast }: IncomingRequest): CoapReply {
    if (query.length === 0) return document((this.#document ??= encodeUtf8(formatLinks(this.#links))));
    const links = filterLinks(this.#links, query);
    // RFC 6690 §4.1: nobody needs to hear from all who have nothing. An error reply to a group is not sent.
    if (multicast && links.length === 0) return { code: Code.NOT_FOUND };
    return document(encodeUtf8(formatLinks(links)));
  }
}

function document(payload: Uint8Array): CoapReply {
  return replies.content(payload, ContentFormat.LINK_FORMAT);
}
