import type { Request } from 'express';

/** Whether no page of another site made a request. Browsers say where it comes from, and scripts of a page can not change what they say. */
export function isSameOrigin(request: Request): boolean {
  const site = request.get('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const origin = request.get('origin');
  return origin === undefined || URL.parse(origin)?.host === request.get('host');
}
