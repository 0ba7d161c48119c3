import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { zephyrSampleObjects } from '@flownexus/lwm2m-client';
import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openEvents } from '../../src/events/open-events.ts';
import { Ingest } from '../../src/values/ingest.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';
import { testLwm2m } from '../support/test-lwm2m.ts';
import { testRoutes } from '../support/test-routes.ts';

onEachDatabase('from a device to a webhook', (kind) => {
  test('a value that a device notifies is an event, and is posted', async () => {
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

    const database = await testDatabase(kind);
    const published: { readonly endpoint: string; readonly type: string }[] = [];
    const events = await openEvents({
      database,
      settings: { values: { registrationObject: 10240, eventDays: 365 } },
      webhookHosts: ['127.0.0.1'],
      publish: (_endpoint, item) => published.push(item()),
      log: pino({ level: 'silent' }),
    });
    const objects = await ObjectRegistry.bundled();
    const ingest = await Ingest.open({
      database,
      definitions: objects,
      hooks: events.hooks,
      onStored: (stored) => events.stored(stored),
    });
    events.start();
    onTestFinished(() => events.stop());
    const { newClient } = await testLwm2m({ database, beforeStore: events.guard((batch) => ingest.submit(batch)) });
    const { call } = await testRoutes(events.routes);
    const rule = { kind: 'threshold', name: 'hot', condition: { path: '/3303/0/5700', above: 30 }, severity: 'critical' }; // prettier-ignore
    expect(await call('POST', '/api/v1/event-rules', rule)).toMatchObject({ status: 201 });
    const webhook = { url: `http://127.0.0.1:${port}/`, filter: { types: ['hot'] } };
    expect(await call('POST', '/api/v1/webhooks', webhook)).toMatchObject({ status: 201 });

    const name = 'roof/7 "<b>';
    const device = zephyrSampleObjects(objects, { serialNumber: '1', lifetime: 300 });
    const client = newClient(name, { objects: device });
    await client.start();
    await vi.waitFor(() => expect(client.observations).toBeGreaterThan(0), { timeout: 10_000 });
    device.set('/3303/0/5700', 31.25);

    await vi.waitFor(() => expect(bodies).toHaveLength(1), { timeout: 10_000 });
    const message = JSON.parse(bodies[0] ?? '') as { readonly data: { readonly id: number } };
    expect(message).toMatchObject({
      type: 'event',
      data: { endpoint: name, type: 'hot', severity: 'critical', values: [{ path: '/3303/0/5700', value: 31.25 }] },
    });
    expect(published).toContainEqual(expect.objectContaining({ endpoint: name, type: 'hot' }));
    expect(await call('GET', `/api/v1/events?endpoint=${encodeURIComponent(name)}&type=hot`)).toMatchObject({
      body: { items: [{ id: message.data.id }] },
    });
    const availability = await call('GET', `/api/v1/endpoints/${encodeURIComponent(name)}/availability`);
    expect(availability).toMatchObject({ status: 200, body: { registered: true, registrations: 1, history: [{ registered: true }] } }); // prettier-ignore
  });
});
