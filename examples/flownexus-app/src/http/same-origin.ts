import type { Request } from 'express';

/** Whether no page of another site made a request. Browsers say where it comes from, and scripts of a page can not change what they say. */
export function isSameOrigin(request: Request): boolean {
  const site = request.get('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const header = request.get('origin');
  if (header === undefined) return true;
  const origin = URL.parse(header);
  // Where a proxy is trusted both are what the browser asked for. Where it is not, TLS may end there without our knowledge.
  return origin?.host === request.host && (!request.secure || origin.protocol === 'https:');
}
