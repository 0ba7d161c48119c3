import { udpTransport } from '@flownexus/datagram';
import { coapFetcher } from '@flownexus/lwm2m-client';
import { expect, test, vi } from 'vitest';
import type { CampaignDetail } from '../../src/firmware-updates/campaign-item.ts';
import type { UpdateDetail } from '../../src/firmware-updates/update-item.ts';
import { BlackBox } from '../scenarios/black-box.ts';
import { firmwareDevice, uploadPackage } from '../support/firmware-device.ts';

const later = { timeout: 60_000, interval: 20 };
const coap = coapFetcher({ transport: () => udpTransport({ host: '127.0.0.1' }), blockSize: 256 });
const quick = { retrySeconds: 1, pollSeconds: 1 };

function update(box: BlackBox, id: string): Promise<UpdateDetail> {
  return box.get<UpdateDetail>(`/api/v1/firmware-updates/${id}`);
}

async function until(box: BlackBox, id: string, phases: readonly UpdateDetail['phase'][]): Promise<UpdateDetail> {
  return vi.waitFor(async () => {
    const now = await update(box, id);
    expect(phases).toContain(now.phase);
    return now;
  }, later);
}

test(
  'an update goes on over kills: as it begins, while the device fetches, and while it installs',
  { timeout: 180_000 },
  async () => {
    // prettier-ignore
    let box = await BlackBox.start();
    const { id: firmware, digest } = await uploadPackage(box, '1.0', 200_000);
    const { installed } = await firmwareDevice(box, 'killed', { fetchers: { coap }, push: false, installMs: 3_000 });
    await vi.waitFor(async () => expect(await box.endpoint('killed')).toMatchObject({ registered: true }), later);
    const { body } = await box.call('POST', '/api/v1/endpoints/killed/firmware-updates', { firmware, ...quick });
    const { id } = body as UpdateDetail;
    box = await box.killAndStart();
    const first = await until(box, id, ['DOWNLOADING']);
    expect(first.attempts).toBe(1);
    box = await box.killAndStart();
    await until(box, id, ['UPDATING']);
    box = await box.killAndStart();
    const done = await until(box, id, ['SUCCEEDED']);
    expect(done).toMatchObject({ result: 'SUCCESS', attempts: 1 });
    expect(installed).toEqual([digest]);
    const states = new Set(done.history.map(({ state }) => state));
    expect([...states].sort()).toEqual(['DOWNLOADED', 'DOWNLOADING', 'IDLE', 'UPDATING']);
  },
);

test('campaigns go on over a kill, and one whose time has come meanwhile begins', { timeout: 180_000 }, async () => {
  let box = await BlackBox.start();
  const { id: firmware } = await uploadPackage(box, '1.0', 20_000);
  const names = ['a', 'b', 'c', 'd'];
  for (const name of names) await firmwareDevice(box, name, { fetchers: { coap }, push: false });
  for (const name of names) {
    await vi.waitFor(async () => expect(await box.endpoint(name)).toMatchObject({ registered: true }), later);
  }
  const begin = async (body: object): Promise<CampaignDetail> => {
    const answer = await box.call('POST', '/api/v1/firmware-campaigns', { firmware, ...quick, ...body });
    expect(answer.status, answer.text).toBe(201);
    return answer.body as CampaignDetail;
  };
  const startAt = new Date(Date.now() + 1_000).toISOString();
  const scheduled = await begin({ name: 'at night', endpoints: { names: ['d'] }, startAt });
  expect(scheduled).toMatchObject({ state: 'SCHEDULED', startAt, counts: { QUEUED: 1 } });
  const running = await begin({ name: 'now', endpoints: { names: ['a', 'b', 'c'] }, concurrency: 1 });
  const campaign = (id: string): Promise<CampaignDetail> => box.get(`/api/v1/firmware-campaigns/${id}`);
  await vi.waitFor(async () => expect((await campaign(running.id)).counts.SUCCEEDED).toBe(1), later);
  box = await box.killAndStart();
  for (const { id, total } of [running, scheduled]) {
    await vi.waitFor(async () => expect(await campaign(id)).toMatchObject({ state: 'FINISHED' }), later);
    expect((await campaign(id)).counts).toEqual({ SUCCEEDED: total });
  }
});
