import { Code } from '@flownexus/coap';
import { expect, test, vi } from 'vitest';
import { BlackBox, soon } from './black-box.ts';

interface Operation {
  readonly id: string;
  readonly state: string;
}

const operationsOf = (name: string): string => `/api/v1/endpoints/${encodeURIComponent(name)}/operations`;

test('a Write reaches a device that is awake, and is a value of its own', async () => {
  const box = await BlackBox.start();
  const { objects } = await box.registered('dev');
  const answer = await box.call('POST', `${operationsOf('dev')}?wait=20`, { kind: 'write', path: '/3/0/14', value: '+02:00' }); // prettier-ignore
  expect(answer).toMatchObject({ status: 200, body: { state: 'CONFIRMED', responseCode: '2.04', createdBy: 'environment token' } }); // prettier-ignore
  expect(objects.content('/3/0/14')).toBe('+02:00');
  expect(await box.values('dev', '/3/0/14')).toMatchObject([{ value: '+02:00', source: 'operation' }]);
});

test('an Execute has exactly the arguments that were given', async () => {
  const box = await BlackBox.start();
  const device = await box.rawDevice();
  await device.register('dev', {}, '</3/0>');
  await vi.waitFor(async () => expect(await box.endpoint('dev')).toMatchObject({ registered: true }), soon);
  const answer = box.call('POST', `${operationsOf('dev')}?wait=20`, { kind: 'execute', path: '/3/0/4', arguments: "0='x',1" }); // prettier-ignore
  const request = await device.requestFor('/3/0/4');
  expect(Buffer.from(request.payload).toString()).toBe("0='x',1");
  device.answer(request, { code: Code.METHOD_NOT_ALLOWED, payload: 'not now' });
  expect(await answer).toMatchObject({ status: 200, body: { state: 'FAILED', responseCode: '4.05', transmitCounter: 1 } }); // prettier-ignore
});

test('what was queued for a device that is away is sent in its order when it registers', async () => {
  const box = await BlackBox.start();
  for (const value of ['a', 'b', 'c', 'd', 'e']) {
    const queued = await box.call('POST', `${operationsOf('dev')}?unknown=true`, { kind: 'write', path: '/3/0/14', value }); // prettier-ignore
    expect(queued).toMatchObject({ status: 202, body: { state: 'QUEUED' } });
  }
  const device = await box.rawDevice();
  await device.register('dev', {}, '</3/0>');
  const written: string[] = [];
  while (written.length < 5) {
    const request = await device.requestFor('/3/0/14');
    written.push(Buffer.from(request.payload).toString().at(-1) ?? '');
    device.answer(request, { code: Code.CHANGED });
  }
  expect(written).toEqual(['a', 'b', 'c', 'd', 'e']);
  await vi.waitFor(async () => {
    const { items } = await box.get<{ items: Operation[] }>(`${operationsOf('dev')}?state=CONFIRMED`);
    expect(items).toHaveLength(5);
  }, soon);
});

test(
  'killed while a Write and an Execute are SENDING: the Write is sent once more, of the Execute the outcome is unknown',
  { timeout: 90_000 },
  async () => {
    let box = await BlackBox.start();
    const [writer, executor] = [await box.rawDevice(), await box.rawDevice()];
    const registration = await writer.register('writer', {}, '</3/0>');
    await executor.register('executor', {}, '</3/0>');
    const queue = async (name: string, body: object): Promise<string> => {
      const { body: queued } = await box.call('POST', `${operationsOf(name)}?unknown=true`, body);
      return (queued as Operation).id;
    };
    const write = await queue('writer', { kind: 'write', path: '/3/0/14', value: 'x' });
    const execute = await queue('executor', { kind: 'execute', path: '/3/0/4' });
    const sent = await writer.requestFor('/3/0/14');
    await executor.requestFor('/3/0/4');
    box = await box.killAndStart();
    expect(await box.get(`/api/v1/operations/${execute}`)).toMatchObject({ state: 'FAILED', reason: 'outcome-unknown', transmitCounter: 1 }); // prettier-ignore
    await writer.send({ code: Code.POST, options: { path: registration } });
    let again = await writer.requestFor('/3/0/14');
    while (again.messageId === sent.messageId) again = await writer.requestFor('/3/0/14');
    writer.answer(again, { code: Code.CHANGED });
    expect(await box.get(`/api/v1/operations/${write}?wait=20`)).toMatchObject({
      state: 'CONFIRMED',
      transmitCounter: 2,
    });
  },
);
