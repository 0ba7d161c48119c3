import { expect, test } from 'vitest';
import { openEventStream, type StreamedEvent } from '../support/event-stream.ts';
import { BlackBox, TOKEN } from './black-box.ts';

const authorization = `Bearer ${TOKEN}`;

test(
  'a page that follows the stream hears of everything, and of nothing twice after a break',
  { timeout: 60_000 },
  async () => {
    const box = await BlackBox.start();
    expect((await box.call('GET', '/api/v1/stream', undefined, {})).status).toBe(401);
    const stream = await openEventStream(box.app.httpUrl, '', { authorization });
    const seen = new Map<unknown, StreamedEvent[]>();
    /** Reads on until an event is there that is waited for: those of different parts of the app have no order. */
    const until = async (reader: typeof stream, is: (event: StreamedEvent) => boolean): Promise<StreamedEvent> => {
      const events = seen.get(reader) ?? [];
      seen.set(reader, events);
      for (;;) {
        const found = events.find(is);
        if (found !== undefined) return found;
        events.push(await reader.next());
      }
    };
    const data = (event: StreamedEvent) => event.data as Readonly<Record<string, unknown>>;

    await box.registered('followed');
    await until(stream, (event) => event.event === 'endpoint' && data(event)['name'] === 'followed' && data(event)['registered'] === true); // prettier-ignore
    await until(stream, (event) => event.event === 'resource' && data(event)['path'] === '/3/0/0' && data(event)['value'] === 'Zephyr'); // prettier-ignore

    const operation = { kind: 'write', path: '/3/0/14', value: '+02:00' };
    const queued = await box.call('POST', '/api/v1/endpoints/followed/operations', operation);
    expect(queued.status, queued.text).toBeLessThan(300);
    await until(stream, (event) => event.event === 'operation' && data(event)['state'] === 'CONFIRMED');

    const report = (value: number) => ({ ep: 'other', val: { '/3303/0/5700': { kind: 'singleResource', id: 5700, type: 'FLOAT', value } } }); // prettier-ignore
    await box.call('POST', '/leshan_api/resource/composite', report(1));
    const first = await until(stream, (event) => event.event === 'resource' && data(event)['endpoint'] === 'other');
    await until(stream, (event) => event.event === 'event' && data(event)['endpoint'] === 'other');
    stream.close();

    // What happens meanwhile comes when the page comes back.
    await box.call('POST', '/leshan_api/resource/composite', report(2));
    const again = await openEventStream(box.app.httpUrl, '?endpoint=other', { authorization, 'last-event-id': first.id ?? '' }); // prettier-ignore
    expect(data(await until(again, (event) => event.event === 'resource'))['value']).toBe(2);

    const restarted = await box.killAndStart();
    const after = await openEventStream(restarted.app.httpUrl, '', { authorization, 'last-event-id': first.id ?? '' });
    expect(await after.next()).toMatchObject({ event: 'lost' });
  },
);
