import type { Response } from 'express';

/** Gives a browser cookies, over TLS alone where it came over TLS. Whether it did a trusted proxy may say. */
export function setCookies(response: Response, cookies: readonly string[]): void {
  const secure = response.req.secure;
  for (const cookie of cookies) {
    response.append('Set-Cookie', secure && !/;\s*secure\b/i.test(cookie) ? `${cookie}; Secure` : cookie);
  }
}
