import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startDevice, startTestApp, testDevice } from '../support/test-app.ts';
import { databasePlace, onEachDatabase } from '../support/test-database.ts';
import { type Answer, send } from '../support/test-http.ts';

const patiently = { timeout: 10_000 };

/** A receiver of webhooks on the loopback, with the bodies that it got. */
async function startReceiver(): Promise<{ readonly url: string; readonly bodies: readonly string[] }> {
  const bodies: string[] = [];
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks).toString());
      response.writeHead(204).end();
    });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  onTestFinished(() => void receiver.close());
  const { port } = receiver.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, bodies };
}

onEachDatabase('from a device to a webhook', (kind) => {
  test('a value that a device notifies is an event, is posted, and is there to be shown', async () => {
    const { url, bodies } = await startReceiver();
    const { url: databaseUrl, dataDirectory } = await databasePlace(kind);
    const { app, config } = await startTestApp({ databaseUrl, dataDirectory, webhookHosts: ['127.0.0.1'] });
    const headers = { authorization: `Bearer ${config.apiToken ?? ''}`, 'content-type': 'application/json' };
    const call = (method: string, path: string, body?: object): Promise<Answer> =>
      send(app.httpUrl, method, `/api/v1/${path}`, headers, body === undefined ? '' : JSON.stringify(body));
    const rule = { kind: 'threshold', name: 'hot', condition: { path: '/3303/0/5700', above: 30 }, severity: 'critical' }; // prettier-ignore
    expect(await call('POST', 'event-rules', rule)).toMatchObject({ status: 201 });
    expect(await call('POST', 'webhooks', { url, filter: { types: ['hot'] } })).toMatchObject({ status: 201 });

    const name = 'roof/7 "<b>';
    const client = await startDevice(await testDevice(name, { server: app.coapAddress }));
    client.objects.set('/3303/0/5700', 31.25);

    await vi.waitFor(() => expect(bodies).toHaveLength(1), patiently);
    const message = JSON.parse(bodies[0] ?? '') as { readonly data: { readonly id: number } };
    expect(message).toMatchObject({
      type: 'event',
      data: { endpoint: name, type: 'hot', severity: 'critical', values: [{ path: '/3303/0/5700', value: 31.25 }] },
    });
    expect(await call('GET', `events?endpoint=${encodeURIComponent(name)}&type=hot`)).toMatchObject({
      body: { items: [{ id: message.data.id }] },
    });
    expect(await call('GET', `endpoints/${encodeURIComponent(name)}/availability`)).toMatchObject({
      status: 200,
      body: { registered: true, registrations: 1, history: [{ registered: true }] },
    });
    expect(await call('DELETE', `endpoints/${encodeURIComponent(name)}`)).toMatchObject({ status: 204 });
    expect(await call('GET', `events/${message.data.id}`)).toMatchObject({ status: 404 });
  });
});
