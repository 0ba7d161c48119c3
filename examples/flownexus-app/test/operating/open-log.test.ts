import { expect, test } from 'vitest';
import { followLogLevel, openLog } from '../../src/operating/open-log.ts';

function testLog(level = 'info') {
  const lines: string[] = [];
  const log = openLog(level, { write: (line) => void lines.push(line) });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '') as Record<string, unknown> };
}

const SECRET = 'b2Gh4cRe7';
const PEM = `-----BEGIN EC PRIVATE KEY-----\n${SECRET}\n-----END EC PRIVATE KEY-----`;

test.each([
  ['a pre-shared key', { credential: { mode: 'psk', identity: 'a', key: Buffer.from(SECRET) } }],
  ['a key of a bootstrap configuration', { servers: [{ secretKey: SECRET, pskKey: SECRET, 'pre_shared-key': SECRET }] }],
  ['a password', { body: { name: 'admin', password: SECRET, newPassword: SECRET, adminPassword: SECRET } }],
  ['a token', { token: SECRET, apiToken: SECRET, headers: { Authorization: `Bearer ${SECRET}` } }],
  ['cookies', { request: { headers: { cookie: SECRET }, response: { 'Set-Cookie': [SECRET] } } }],
  ['bytes', { value: new Uint8Array(Buffer.from(SECRET)), raw: Buffer.from(SECRET) }],
  ['a private key in a text', { reason: `bad ${PEM}` }],
  ['a private key whose end is missing', { reason: `-----BEGIN PRIVATE KEY-----\n${SECRET}` }],
  ['the password of a database', { url: `postgres://flownexus:${SECRET}@db/flownexus` }],
  ['the address of firmware', { url: `GET //media/firmware/${SECRET}/app.bin` }],
  ['an error with secrets', { err: Object.assign(new Error(`Bearer ${SECRET}`), { key: SECRET, parameters: [SECRET] }) }],
  ['the client that an error of PostgreSQL carries', { err: Object.assign(new Error('lost'), { client: { secretKey: 7, host: SECRET } }) }],
  ['its cause', { err: new Error('a', { cause: new Error(`postgres://a:${SECRET}@b`) }) }],
  ['several in one', { err: new AggregateError([new Error(`Bearer ${SECRET}`)], 'all failed') }],
  ['what PostgreSQL says of a row', { err: Object.assign(new Error('null'), { severity: 'ERROR', detail: `Failing row contains (${SECRET})` }) }],
  ['what is in a map', { map: new Map([['a', { psk: SECRET }]]) }],
  ['what a map has by the name of a secret', { map: new Map([['password', SECRET]]) }],
  ['the password of an address after a number', { url: `1.postgres://a:${SECRET}@b` }],
])('%s is not logged', (_, object) => {
  const { log, lines } = testLog();
  log.error(object, 'it failed');
  expect(lines).toHaveLength(1);
  const line = lines.join('');
  expect(line).not.toContain(SECRET);
  expect(line).not.toContain([...Buffer.from(SECRET)].join(','));
  expect(line).not.toContain(Buffer.from(SECRET).toString('base64'));
  expect(JSON.parse(line)).toMatchObject({ msg: 'it failed', level: 50 });
}); // prettier-ignore

test('nor is one in the message itself', () => {
  const { log, lines } = testLog();
  log.error(`refused: Bearer ${SECRET}`);
  log.error(new Error(`postgres://a:${SECRET}@b`));
  expect(lines).toHaveLength(2);
  expect(lines.join('')).not.toContain(SECRET);
});

test('what is no secret stays, with the stack of errors', () => {
  const { log, last } = testLog();
  const err = Object.assign(new RangeError('too large'), { code: 'ERR_X', port: 5684 });
  log.error({ err, endpoint: 'a', url: '/api/v1/endpoints?limit=2', keys: 3 }, 'request failed');
  expect(last()).toMatchObject({
    err: { type: 'RangeError', message: 'too large', code: 'ERR_X', port: 5684, stack: expect.stringContaining('open-log.test') as string },
    endpoint: 'a',
    url: '/api/v1/endpoints?limit=2',
    keys: 3,
  });
}); // prettier-ignore

test('a text that is nearly many addresses does not take long', () => {
  const { log } = testLog();
  const began = performance.now();
  for (let count = 0; count < 20; count += 1) log.error({ url: `/${'a.'.repeat(4_000)}` }, 'it failed');
  // It was two seconds.
  expect(performance.now() - began).toBeLessThan(700);
});

test('what refers to itself, or is endless, ends', () => {
  const { log, lines } = testLog();
  const loop: Record<string, unknown> = { name: 'a' };
  loop['self'] = loop;
  log.error({ loop, text: 'x'.repeat(1_000_000), list: new Array<number>(100_000).fill(1) }, 'much');
  expect(lines[0]?.length).toBeLessThan(20_000);
});

test('its level is that of the setting, and of the configuration where there is none', () => {
  const { log } = testLog('warn');
  let listener: (values: { logLevel: string | null }) => void = () => undefined;
  const ended: true[] = [];
  const end = followLogLevel(log, {
    values: { logLevel: null },
    onChange: (given) => {
      listener = given;
      return () => void ended.push(true);
    },
  });
  expect(log.level).toBe('warn');
  listener({ logLevel: 'debug' });
  expect(log.level).toBe('debug');
  listener({ logLevel: null });
  expect(log.level).toBe('warn');
  end();
  expect(ended).toEqual([true]);
});
