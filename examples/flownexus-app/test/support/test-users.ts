import { createHmac } from 'node:crypto';
import express from 'express';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { DatabaseKind } from '../../src/database/dialect.ts';
import { answerErrors } from '../../src/http/errors.ts';
import { startHttpServer } from '../../src/http/http-server.ts';
import { mountRoutes, unknownToGuests } from '../../src/http/mount-routes.ts';
import type { Route } from '../../src/http/route.ts';
import { userRoutes } from '../../src/users/routes.ts';
import { openUsers, type UsersOptions } from '../../src/users/users.ts';
import { type DatabasePlace, testDatabase } from './test-database.ts';
import { type Answer, send } from './test-http.ts';

export const ADMIN_PASSWORD = 'correct horse battery';
export const API_TOKEN = 'token-of-the-environment';

/** The routes of users, and others, behind the real guards over a database of their own. */
export async function testUsers(
  kind: DatabaseKind = 'sqlite',
  { place, routes = [], ...options }: Partial<UsersOptions> & { place?: DatabasePlace; routes?: readonly Route[] } = {},
) {
  const database = options.database ?? (await testDatabase(kind, place));
  const users = await openUsers({
    database,
    publicUrl: undefined,
    apiToken: API_TOKEN,
    adminPassword: ADMIN_PASSWORD,
    log: pino({ level: 'silent' }),
    ...options,
  });
  const firstPassword = await users.ensureAdministrator();
  const app = express();
  app.use(mountRoutes([...userRoutes(users), ...routes], users.guards));
  app.use(unknownToGuests(users.guards));
  app.use(answerErrors(pino({ level: 'silent' })));
  const server = await startHttpServer(app, '127.0.0.1', 0);
  onTestFinished(() => server.stop());
  /** Somebody with a cookie jar. */
  const browser = (headers: Record<string, string> = {}): Browser => new Browser(server.url, headers);
  /** Somebody who has signed in. */
  const signedIn = async (name = 'admin', password = ADMIN_PASSWORD): Promise<Browser> => {
    const one = browser();
    const { status, text } = await one.signIn(name, password);
    if (status !== 200) throw new Error(`${name} can not sign in: ${text}`);
    return one;
  };
  const admin = browser({ authorization: `Bearer ${API_TOKEN}` });
  return { users, firstPassword, database, url: server.url, browser, signedIn, admin };
}

/** Keeps cookies like a browser. */
export class Browser {
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly cookies = new Map<string, string>();

  constructor(url: string, headers: Record<string, string>) {
    this.#url = url;
    this.#headers = headers;
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await send(
      this.#url,
      method,
      path,
      {
        ...(cookie === '' ? {} : { cookie }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...this.#headers,
        ...headers,
      },
      body === undefined ? '' : JSON.stringify(body),
    );
    for (const text of [answer.headers['set-cookie'] ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
      if (/Max-Age=0/.test(text)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }

  signIn(name: string, password: string, code?: string): Promise<Answer> {
    return this.call('POST', '/api/v1/session', { name, password, code });
  }
}

/** The code of a second factor at a time (RFC 6238), from the address that an authenticator gets. */
export function totp(uri: string, at = Date.now()): string {
  const secret = base32(new URL(uri).searchParams.get('secret') ?? '');
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const digest = createHmac('sha1', secret).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 0xf;
  return String((digest.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}

function base32(text: string): Buffer {
  const bits = [...text.replaceAll('=', '')]
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
    .join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
