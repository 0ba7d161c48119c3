import { udpTransport } from '@flownexus/datagram';
import { dtlsTransport } from '@flownexus/dtls';
import { coapFetcher, FirmwareResult, httpFetcher } from '@flownexus/lwm2m-client';
import { expect, test, vi } from 'vitest';
import type { UpdateDetail } from '../../src/firmware-updates/update-item.ts';
import { openEventStream } from '../support/event-stream.ts';
import { firmwareDevice, uploadPackage } from '../support/firmware-device.ts';
import { type BlackBox, sharedBlackBox, soon, TOKEN } from './black-box.ts';

const box = sharedBlackBox();
const http = { http: httpFetcher() };

async function begin(name: string, firmware: string, settings: object = {}): Promise<UpdateDetail> {
  const at = `/api/v1/endpoints/${encodeURIComponent(name)}/firmware-updates`;
  await vi.waitFor(async () => expect(await box().endpoint(name)).toMatchObject({ registered: true }), soon);
  const { status, body, text } = await box().call('POST', at, { firmware, ...settings });
  expect(status, text).toBe(201);
  return body as UpdateDetail;
}

function update(at: BlackBox, id: string): Promise<UpdateDetail> {
  return at.get<UpdateDetail>(`/api/v1/firmware-updates/${id}`);
}

/** The update when it is finished. */
function finished(id: string): Promise<UpdateDetail> {
  return vi.waitFor(async () => {
    const now = await update(box(), id);
    expect(now.finished, now.phase).toBe(true);
    return now;
  }, { timeout: 30_000, interval: 50 }); // prettier-ignore
}

/** The states that it came to, each once in a row. */
function statesOf({ history }: UpdateDetail): string[] {
  return history.map(({ state }) => state).filter((state, index, all) => state !== all[index - 1]);
}

test(
  'a package of 3 MB is fetched over HTTP and installed, and every state on the way is seen',
  { timeout: 60_000 },
  async () => {
    // prettier-ignore
    const { id: firmware, digest } = await uploadPackage(box(), 'http-1.0', 3_000_000);
    const { installed } = await firmwareDevice(box(), 'http/1', { fetchers: http, push: false });
    const stream = await openEventStream(box().app.httpUrl, '?endpoint=http%2F1', { authorization: `Bearer ${TOKEN}` });
    const { id } = await begin('http/1', firmware);
    const done = await finished(id);
    expect(installed).toEqual([digest]);
    expect(done).toMatchObject({
      state: 'IDLE',
      result: 'SUCCESS',
      phase: 'SUCCEEDED',
      delivery: 'pull',
      attempts: 1,
      firmwareVersion: 'http-1.0',
      createdBy: 'environment token',
    });
    expect(statesOf(done)).toEqual(['IDLE', 'DOWNLOADING', 'DOWNLOADED', 'UPDATING', 'IDLE']);
    expect(done.history.at(-1)).toMatchObject({ result: 'SUCCESS' });
    const phases = new Set<unknown>();
    while (!phases.has('SUCCEEDED')) {
      const { event, data } = await stream.next();
      if (event === 'firmwareUpdate') phases.add((data as UpdateDetail).phase);
    }
    for (const { phase } of done.history) expect(phases).toContain(phase);
    const uri = await box().get<{ items: { value: unknown }[] }>('/api/v1/endpoints/http%2F1/operations?kind=write');
    expect(JSON.stringify(uri)).toContain('/5/0/1');
    const list = await box().get<{ items: UpdateDetail[] }>('/api/v1/firmware-updates?endpoint=http%2F1');
    expect(list.items).toMatchObject([{ id, state: 'IDLE', result: 'SUCCESS' }]);
  },
);

test('a package is fetched over CoAP in blocks of 512 bytes, and over CoAPS', { timeout: 60_000 }, async () => {
  const { id: firmware, digest } = await uploadPackage(box(), 'coap-1.0', 300_000);
  const coap = coapFetcher({ transport: () => udpTransport({ host: '127.0.0.1' }), blockSize: 512 });
  const plain = await firmwareDevice(box(), 'coap', { fetchers: { coap }, push: false });
  const key = '000102030405060708090a0b0c0d0e0f';
  await box().call('PUT', '/api/v1/endpoints/coaps/credentials', { mode: 'psk', identity: 'coaps', key });
  const psk = { identity: 'coaps', key: new Uint8Array(Buffer.from(key, 'hex')) };
  const transport = () => dtlsTransport({ transport: udpTransport({ host: '127.0.0.1' }), client: { psk } });
  const secured = await firmwareDevice(
    box(),
    'coaps',
    { fetchers: { coaps: coapFetcher({ transport }) }, push: false },
    { transport: transport(), server: { host: '127.0.0.1', port: box().app.coapsPort } },
  );
  for (const [name, device] of [
    ['coap', plain],
    ['coaps', secured],
  ] as const) {
    // prettier-ignore
    const { id } = await begin(name, firmware);
    const done = await finished(id);
    expect(done, `${name} ${done.failureMessage ?? ''}`).toMatchObject({ result: 'SUCCESS', delivery: 'pull' });
    expect(statesOf(done)).toEqual(['IDLE', 'DOWNLOADING', 'DOWNLOADED', 'UPDATING', 'IDLE']);
    expect(device.installed).toEqual([digest]);
  }
});

test('a package is pushed to a device that takes nothing else', { timeout: 60_000 }, async () => {
  const { id: firmware, digest } = await uploadPackage(box(), 'push-1.0', 200_000);
  const { installed } = await firmwareDevice(box(), 'push', { push: true });
  const { id } = await begin('push', firmware, { blockSize: 1_024 });
  const done = await finished(id);
  expect(done).toMatchObject({ result: 'SUCCESS', delivery: 'push', transferred: 200_000 });
  expect(statesOf(done)).toEqual(['IDLE', 'DOWNLOADING', 'DOWNLOADED', 'UPDATING', 'IDLE']);
  expect(installed).toEqual([digest]);
});

test('a package that is not whole is never installed, and another update can begin', { timeout: 60_000 }, async () => {
  const { id: firmware } = await uploadPackage(box(), 'bad-1.0', 50_000);
  const { firmware: object, installed } = await firmwareDevice(box(), 'bad', { fetchers: http, push: false });
  object.failNext(FirmwareResult.INTEGRITY_FAILED);
  const { id } = await begin('bad', firmware);
  const failed = await finished(id);
  expect(failed).toMatchObject({ state: 'IDLE', result: 'INTEGRITY_FAILED', phase: 'FAILED', failureReason: 'integrity' }); // prettier-ignore
  expect(installed).toEqual([]);
  const executes = await box().get<{ items: unknown[] }>('/api/v1/endpoints/bad/operations?kind=execute');
  expect(executes.items).toEqual([]);
  const again = await box().call('POST', `/api/v1/firmware-updates/${id}/retry`);
  expect(again.status, again.text).toBe(201);
  expect(await finished((again.body as UpdateDetail).id)).toMatchObject({ result: 'SUCCESS' });
  expect((await box().call('POST', `/api/v1/firmware-updates/${id}/cancel`)).status).toBe(409);
});

test(
  'two updates at once of one endpoint are refused, and a package that is needed is not deleted',
  { timeout: 60_000 },
  async () => {
    // prettier-ignore
    const { id: firmware } = await uploadPackage(box(), 'two-1.0', 50_000);
    const { client } = await firmwareDevice(box(), 'two', { fetchers: http, push: false });
    await vi.waitFor(async () => expect(await box().endpoint('two')).toMatchObject({ registered: true }), soon);
    await client.close();
    const { id } = await begin('two', firmware);
    const at = '/api/v1/endpoints/two/firmware-updates';
    expect((await box().call('POST', at, { firmware })).status).toBe(409);
    expect((await box().call('DELETE', `/api/v1/firmware/${firmware}`)).status).toBe(409);
    const cancelled = await box().call('POST', `/api/v1/firmware-updates/${id}/cancel`);
    expect(cancelled.body).toMatchObject({
      phase: 'CANCELLED',
      state: 'IDLE',
      result: 'UPDATE_FAILED',
      finished: true,
    });
    expect((await box().call('DELETE', `/api/v1/firmware/${firmware}`)).status).toBe(204);
    expect((await box().call('POST', at, { firmware })).status).toBe(422);
    expect(await update(box(), id)).toMatchObject({ firmware, firmwareVersion: 'two-1.0' });
  },
);
