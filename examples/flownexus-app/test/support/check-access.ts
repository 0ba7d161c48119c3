import { expect } from 'vitest';
import { type Permission, permissions } from '../../src/http/principal.ts';
import type { Answer } from './test-http.ts';

/** What a caller may do; `none`: it has no credentials at all. */
export type Rights = readonly Permission[] | 'none';

interface Operation {
  readonly 'x-access': string;
  readonly operationId: string;
}
export interface AccessDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/**
 * Goes through all routes of an OpenAPI document and checks that each refuses who may not use it: 401 without credentials, and 403 with every permission
 * but the one that it asks for. Gives how many there are. Requests have no body: who may is told before what is right.
 */
export async function checkAccess(
  { paths }: AccessDocument,
  call: (method: string, path: string, rights: Rights) => Promise<Answer>,
): Promise<number> {
  let checked = 0;
  for (const [path, operations] of Object.entries(paths)) {
    const address = path.replaceAll(/\{\w+\}/g, 'x');
    for (const [name, { 'x-access': access }] of Object.entries(operations)) {
      const method = name.toUpperCase();
      const status = async (rights: Rights): Promise<number> => (await call(method, address, rights)).status;
      const what = `${method} ${path} (${access})`;
      checked += 1;
      if (access === 'public') {
        expect([401, 403], what).not.toContain(
          (await call(method === 'GET' ? 'HEAD' : method, address, 'none')).status,
        );
        continue;
      }
      expect(await status('none'), what).toBe(401);
      if (access === 'signedIn') continue;
      expect(permissions, what).toContain(access);
      expect(await status(permissions.filter((permission) => permission !== access)), what).toBe(403);
      // Reading changes nothing: here the right permission can be tried. HEAD, as a stream would not end.
      if (method === 'GET') {
        expect([401, 403], what).not.toContain((await call('HEAD', address, [access as Permission])).status);
      }
    }
  }
  return checked;
}
