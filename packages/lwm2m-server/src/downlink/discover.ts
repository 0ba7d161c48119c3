import { Code } from '@flownexus/coap';
import { ContentFormat, contentFormatName, parseLinkFormat, parsePath, type Link } from '@flownexus/lwm2m-core';
import { Lwm2mServerError } from '../errors.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import { decoding, expectCode, type DecodingContext } from './answer.ts';
import type { DiscoverOperation, LinksResult } from './operation.ts';
import { requester, type ExchangeBounds } from './request.ts';
import { uriPath } from './target.ts';

/** Discover (TS Core §6.3.2): GET with Accept of the link format. */
export async function performDiscover(
  endpoint: RegisteredEndpoint,
  { path: text, depth }: DiscoverOperation,
  context: DecodingContext,
  bounds: ExchangeBounds,
): Promise<LinksResult> {
  const path = parsePath(text);
  checkDepth(depth);
  const { rootPath } = endpoint.registration;
  const response = await requester(
    endpoint,
    context,
    bounds,
  )({
    method: Code.GET,
    path: uriPath(rootPath, path),
    ...(depth === undefined ? {} : { query: [`depth=${depth}`] }),
    accept: ContentFormat.LINK_FORMAT,
  });
  const responseCode = expectCode(response, Code.CONTENT);
  const { contentFormat = ContentFormat.LINK_FORMAT, payload } = response;
  if (contentFormat !== ContentFormat.LINK_FORMAT) {
    const message = `expected links, the device answered in ${contentFormatName(contentFormat)}`;
    throw new Lwm2mServerError('ERR_LWM2M_SERVER_PAYLOAD', message);
  }
  const links = decoding(path, () => parseLinkFormat(payload));
  return { responseCode, links: rootPath === '/' ? links : links.map((link) => belowRoot(link, rootPath)) };
}

/** @throws RangeError */
export function checkDepth(depth: number | undefined): void {
  if (depth === undefined || (Number.isInteger(depth) && depth >= 0 && depth <= 3)) return;
  throw new RangeError(`a depth is 0, 1, 2 or 3, not ${depth}`);
}

/** TS Transport §6.4.1: what a device has below its root path is named with it. */
function belowRoot(link: Link, rootPath: string): Link {
  if (link.target === rootPath) return { ...link, target: '/' };
  return link.target.startsWith(`${rootPath}/`) ? { ...link, target: link.target.slice(rootPath.length) } : link;
}
