import { expect, test } from 'vitest';
import { type Permission, permissions } from '../../src/http/principal.ts';
import { type AccessDocument, checkAccess } from '../support/check-access.ts';
import { BlackBox } from './black-box.ts';

const PASSWORD = 'a long password of the scenario';

test(
  'every route of the document answers 401 without credentials, and 403 to tokens without its permission',
  { timeout: 120_000 },
  async () => {
    const box = await BlackBox.start({ FLOWNEXUS_ADMIN_PASSWORD: PASSWORD });
    const signedIn = await box.call('POST', '/api/v1/session', { name: 'admin', password: PASSWORD }, {});
    expect(signedIn).toMatchObject({ status: 200 });
    const cookie = [signedIn.headers['set-cookie'] ?? []].flat().map((each) => each.split(';')[0]).join('; '); // prettier-ignore
    const tokens = new Map<string, string>();
    const tokenOf = async (scopes: readonly Permission[]): Promise<string> => {
      const key = scopes.join();
      let token = tokens.get(key);
      if (token === undefined) {
        const made = await box.call('POST', '/api/v1/tokens', { name: key, scopes }, { cookie });
        expect(made, made.text).toMatchObject({ status: 201 });
        ({ token } = made.body as { token: string });
        tokens.set(key, token);
      }
      return token;
    };
    const document = await box.get<AccessDocument>('/api/v1/openapi.json');
    const checked = await checkAccess(document, async (method, path, rights) =>
      box.call(method, path, undefined, rights === 'none' ? {} : { authorization: `Bearer ${await tokenOf(rights)}` }),
    );
    expect(checked).toBeGreaterThan(60);
    // What generators of clients need: each operation by its own name, and no reference that leads nowhere.
    const operations = Object.values(document.paths).flatMap((each) => Object.values(each));
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const { components } = document as unknown as { components: { schemas: object } };
    for (const [, name = ''] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]*)"/g)) {
      expect(Object.keys(components.schemas)).toContain(name);
    }
    expect(tokens.size).toBeGreaterThan(permissions.length);
  },
);

test('a viewer changes nothing', { timeout: 60_000 }, async () => {
  const box = await BlackBox.start();
  const user = { name: 'viewer', password: PASSWORD, role: 'viewer' };
  expect(await box.call('POST', '/api/v1/users', user)).toMatchObject({ status: 201 });
  const { name, password } = user;
  const signedIn = await box.call('POST', '/api/v1/session', { name, password }, {});
  const cookie = [signedIn.headers['set-cookie'] ?? []].flat().map((each) => each.split(';')[0]).join('; '); // prettier-ignore
  const { paths } = await box.get<AccessDocument>('/api/v1/openapi.json');
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, { 'x-access': access }] of Object.entries(operations)) {
      // Who is signed in may change the own password, and the own sessions.
      if (method === 'get' || access === 'public' || access === 'signedIn') continue;
      const answer = await box.call(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'x'), undefined, { cookie });
      expect(answer.status, `${method} ${path}`).toBe(403);
    }
  }
});
