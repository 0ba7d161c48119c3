import { createHmac } from 'node:crypto';
import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { DatabaseKind } from '../../src/database/dialect.ts';
import { EventEngine } from '../../src/events/event-engine.ts';
import type { WebhookPost } from '../../src/events/post-webhook.ts';
import { webhookRoutes } from '../../src/events/webhook-routes.ts';
import { WebhookSender } from '../../src/events/webhook-sender.ts';
import { Webhooks } from '../../src/events/webhooks.ts';
import { limits } from '../../src/limits.ts';
import { NEW_YEAR, record } from '../support/batches.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';
import { testIngest } from '../support/test-ingest.ts';
import { testRoutes } from '../support/test-routes.ts';

interface Message {
  readonly type: string;
  readonly timestamp: string;
  readonly data: { readonly id: number; readonly type: string; readonly values: readonly unknown[]; readonly valuesComplete: boolean }; // prettier-ignore
}

/** A sender whose posts are answered as the test says, with the values of devices and the routes. */
async function startSender(kind: DatabaseKind, retryMs: readonly number[] = [10_000, 20_000]) {
  const database = await testDatabase(kind);
  const clock = { now: NEW_YEAR };
  const log = pino({ level: 'silent' });
  const webhooks = await Webhooks.load(database);
  const posts: WebhookPost[] = [];
  const answers: (number | Error)[] = [];
  const post = (each: WebhookPost): Promise<number> => {
    posts.push(each);
    const answer = answers.shift() ?? 200;
    return typeof answer === 'number' ? Promise.resolve(answer) : Promise.reject(answer);
  };
  const sender = new WebhookSender({ database, webhooks, post, log, now: () => clock.now, retryMs });
  const engine = await EventEngine.open({
    database,
    log,
    outbox: (trx, events) => webhooks.outbox(trx, events, clock.now),
    onEvent: () => {
      for (const id of webhooks.takeTold()) sender.wake(id);
    },
  });
  onTestFinished(() => sender.stop());
  const { ingest, stored } = await testIngest(kind, { database, hooks: engine });
  const send = async (endpoint = 'a', severity: 'info' | 'critical' = 'info', value: string | number = 5) => {
    const records = [typeof value === 'number' ? record('/10300/0/1', 'float', value) : record('/10300/0/1', 'string', value)]; // prettier-ignore
    const events = [{ eventType: '10300', source: 'send', severity, records: [0] }] as const;
    await ingest.submit({ endpoint, receivedAt: NEW_YEAR, source: 'send', records, events });
    engine.stored(stored.splice(0).flat());
  };
  const { call } = await testRoutes(webhookRoutes({ database, webhooks, sender }));
  const create = async (body: object = {}) => {
    const { body: made } = await call('POST', '/api/v1/webhooks', { url: 'https://hooks.example/x', ...body });
    return made as { readonly id: number; readonly secret: string };
  };
  const deliveries = async (id = 1) => {
    const { body } = await call('GET', `/api/v1/webhooks/${id}/deliveries`);
    return (body as { readonly items: { readonly id: number; readonly state: string; readonly attempts: number; readonly lastError: string | null; readonly nextAttempt: string | null }[] }).items; // prettier-ignore
  };
  const messages = () => posts.map(({ body }) => JSON.parse(body) as Message);
  return { database, webhooks, sender, clock, posts, answers, send, call, create, deliveries, messages };
}

onEachDatabase('webhooks', (kind) => {
  test('are told of each event once, with its values and a signature', async () => {
    const { sender, send, create, deliveries, posts, messages } = await startSender(kind);
    sender.start();
    const { secret } = await create();
    await send();
    await vi.waitFor(async () => expect(await deliveries()).toMatchObject([{ state: 'delivered', attempts: 1 }]));
    expect(messages()).toMatchObject([
      { type: 'event', timestamp: '2026-01-01T00:00:00.000Z', data: { type: '10300', endpoint: 'a', values: [{ path: '/10300/0/1', value: 5 }] } }, // prettier-ignore
    ]);
    const { url, headers, body } = posts[0] ?? { url: '', headers: {}, body: '' };
    expect(url).toBe('https://hooks.example/x');
    expect(headers['webhook-id']).toBe(`event-${messages()[0]?.data.id ?? 0}-1`);
    expect(headers['webhook-timestamp']).toBe(String(NEW_YEAR / 1000));
    const signature = createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64'))
      .update(`${headers['webhook-id'] ?? ''}.${headers['webhook-timestamp'] ?? ''}.${body}`)
      .digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${signature}`);
  });

  test('are told again later when they fail, at last not any more, and again by hand', async () => {
    const { sender, send, create, deliveries, posts, answers, clock, call } = await startSender(kind);
    sender.start();
    const { id } = await create();
    answers.push(500, new Error('connect ECONNREFUSED'), 302);
    await send();
    await vi.waitFor(
      async () =>
      expect(await deliveries()).toMatchObject([{ state: 'waiting', attempts: 1, lastError: 'the answer was 500', nextAttempt: '2026-01-01T00:00:10.000Z' }]), // prettier-ignore
    );
    sender.wake(id);
    clock.now += 10_000;
    sender.wake(id);
    await vi.waitFor(async () => expect(await deliveries()).toMatchObject([{ state: 'waiting', attempts: 2, lastError: 'connect ECONNREFUSED' }])); // prettier-ignore
    clock.now += 20_000;
    sender.wake(id);
    await vi.waitFor(async () => expect(await deliveries()).toMatchObject([{ state: 'failed', attempts: 3, lastError: 'the answer was 302', nextAttempt: null }])); // prettier-ignore
    expect(posts).toHaveLength(3);
    expect(new Set(posts.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(await call('GET', `/api/v1/webhooks/${id}`)).toMatchObject({ body: { waiting: 0, failed: 1 } });
    const [delivery] = await deliveries();
    const at = `/api/v1/webhooks/${id}/deliveries/${delivery?.id ?? 0}/redeliver`;
    // The clock of the route is the system's.
    clock.now = Date.now() + 1000;
    expect(await call('POST', at)).toMatchObject({ status: 202, body: { state: 'waiting', attempts: 0 } });
    await vi.waitFor(async () => expect(await deliveries()).toMatchObject([{ state: 'delivered', attempts: 1 }]));
    expect(await call('POST', `/api/v1/webhooks/${id}/deliveries/999/redeliver`)).toMatchObject({ status: 404 });
  });

  test('what waits when the app ends is sent by the next start', async () => {
    const { database, webhooks, send, create, posts } = await startSender(kind);
    await create();
    for (let count = 0; count < 9; count += 1) await send();
    expect(posts).toEqual([]);
    const next = new WebhookSender({
      database,
      webhooks: await Webhooks.load(database),
      post: (each) => Promise.resolve(posts.push(each) === 0 ? 500 : 200),
      log: pino({ level: 'silent' }),
    });
    next.start();
    await vi.waitFor(() => expect(posts).toHaveLength(9));
    await next.stop();
    const states = await database.reads.selectFrom('WebhookDelivery').select('state').distinct().execute();
    expect(states).toEqual([{ state: 'delivered' }]);
    expect(webhooks.list()).toHaveLength(1);
  });

  test('hear of what their filter lets through', async () => {
    const { send, create, deliveries } = await startSender(kind);
    await create({ filter: { severities: ['critical'] } });
    await create({ filter: { types: ['3', 'hot'] } });
    await create({ filter: { types: ['10300'], endpoints: { prefix: 'roof-' } } });
    await create({ enabled: false });
    await send('roof-1', 'critical');
    await send('roof-1');
    await send('a', 'critical');
    const counts = [];
    for (const id of [1, 2, 3, 4]) counts.push((await deliveries(id)).length);
    expect(counts).toEqual([2, 0, 2, 0]);
  });

  test('one that wants nothing any more is disabled', async () => {
    const { sender, send, create, answers, webhooks, deliveries } = await startSender(kind);
    sender.start();
    await create();
    answers.push(410);
    await send();
    await vi.waitFor(() => expect(webhooks.get(1).body.enabled).toBe(false));
    expect(await deliveries()).toMatchObject([{ state: 'failed', attempts: 1 }]);
    await send();
    expect(await deliveries()).toHaveLength(1);
  });

  test('one that is deleted takes its deliveries with it', async () => {
    const { database, send, create, call } = await startSender(kind);
    await create();
    await send();
    expect(await call('DELETE', '/api/v1/webhooks/1')).toMatchObject({ status: 204 });
    await send();
    expect(await database.reads.selectFrom('WebhookDelivery').selectAll().execute()).toEqual([]);
    expect(await call('GET', '/api/v1/webhooks/1/deliveries')).toMatchObject({ status: 404 });
  });

  test('a message has the values that fit', async () => {
    const { sender, send, create, messages } = await startSender(kind);
    sender.start();
    await create();
    await send('a', 'info', 'x'.repeat(limits.webhookBodyBytes));
    await vi.waitFor(() => expect(messages()).toMatchObject([{ data: { valueCount: 1, values: [], valuesComplete: false } }])); // prettier-ignore
  });

  test('for which too much waits: what is new counts as failed', async () => {
    const { send, create, webhooks, deliveries } = await startSender(kind);
    await create();
    webhooks.setOverfull(1, true);
    await send();
    expect(await deliveries()).toMatchObject([
      { state: 'failed', lastError: 'too many deliveries waited for this webhook' },
    ]);
  });

  test('have a secret that is shown once, and can be renewed', async () => {
    const { call, create, sender, send, posts, webhooks } = await startSender(kind);
    sender.start();
    const { id, secret } = await create();
    const at = `/api/v1/webhooks/${id}`;
    for (const path of ['/api/v1/webhooks', at]) expect((await call('GET', path)).text).not.toContain('whsec_');
    const changed = await call('PUT', at, { url: 'https://hooks.example/y', filter: { types: ['10300'] } });
    expect(changed).toMatchObject({ status: 200, body: { url: 'https://hooks.example/y', enabled: true } });
    expect(changed.text).not.toContain('whsec_');
    expect(webhooks.get(id).secret).toBe(secret);
    const renewed = await call('POST', `${at}/secret`);
    expect((renewed.body as { secret: string }).secret).not.toBe(secret);
    await send();
    await vi.waitFor(() => expect(posts).toMatchObject([{ url: 'https://hooks.example/y' }]));
  });
});

test.each([
  'ftp://a.example/',
  'https://user:secret@a.example/',
  'https://a.example:99999/',
  'javascript:alert(1)',
  'x',
])('an address that is none to post to is refused: %s', async (url) => {
  const { call } = await startSender('sqlite');
  expect(await call('POST', '/api/v1/webhooks', { url })).toMatchObject({ status: 400, body: { errors: [{ path: 'body.url' }] } }); // prettier-ignore
});

test('there are only so many', async () => {
  const { call, create, webhooks } = await startSender('sqlite');
  for (let count = 0; count < limits.webhooks; count += 1) await create();
  expect(await call('POST', '/api/v1/webhooks', { url: 'https://a.example/' })).toMatchObject({ status: 409 });
  expect(webhooks.list()).toHaveLength(limits.webhooks);
});
