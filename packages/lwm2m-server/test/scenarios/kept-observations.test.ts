import { describe, expect, test } from 'vitest';
import { Code } from '@flownexus/coap';
import {
  MemoryObservationStore,
  type Lwm2mServerOptions,
  type Operation,
  type OperationResult,
  type StoredObservation,
} from '../../src/index.ts';
import { inWords, type ScriptedDevice, type Stage } from '../scripted-device.ts';
import { accept, acceptComposite, inFull, senml, staged } from './observing-device.ts';

const LWM2M_1_2 = 'lwm2m=1.2&ep=dev&lt=86400';
const OBSERVE: Operation = { kind: 'observe', path: '/3/0/9' };
const CANCEL: Operation = { kind: 'cancelObservation', paths: ['/3/0/9'], composite: false };

interface Conversation {
  readonly stage: Stage;
  readonly device: ScriptedDevice;
  readonly store: MemoryObservationStore;
  readonly perform: (operation: Operation) => Promise<OperationResult>;
}

async function registered(options: Partial<Lwm2mServerOptions> = {}): Promise<Conversation> {
  const store = new MemoryObservationStore();
  const { stage, device } = await staged({ observationStore: store, ...options });
  await device.register(LWM2M_1_2);
  return { stage, device, store, perform: (operation) => stage.server.device('dev').perform(operation) };
}

const stored = (store: MemoryObservationStore): StoredObservation[] => [...store.load()];

/** One whose Observe was asked for and accepted. */
async function kept(options: Partial<Lwm2mServerOptions> = {}): Promise<Conversation & { token: Uint8Array }> {
  const conversation = await registered(options);
  const { stage, device, perform } = conversation;
  const performed = perform(OBSERVE);
  const token = await accept(device, '1', 'CON GET 3/0/9 observe=0 accept=112');
  await stage.settle();
  expect(await performed).toMatchObject({ responseCode: '2.05', contentFormat: 0, records: [{ value: 1 }] });
  stage.taken();
  return { ...conversation, token };
}

describe('an Observe as an operation', () => {
  test('is stored, notifies, and is established anew after each Register', async () => {
    const { stage, device, store, token } = await kept();
    expect(stored(store)).toMatchObject([
      { endpointName: 'dev', paths: ['/3/0/9'], composite: false, kept: true, accept: 112, established: { token } },
    ]);
    device.notify(token, 1, '2');
    expect(inWords(await device.one())).toBe('ACK empty');
    await device.register(LWM2M_1_2);
    expect(stored(store)).toMatchObject([{ kept: true, established: undefined }]);
    const next = await accept(device, '3', 'CON GET 3/0/9 observe=0 accept=112');
    await stage.settle();
    expect(stored(store)).toMatchObject([{ kept: true, established: { token: next } }]);
    expect(stage.taken().filter((line) => !line.includes('dev'))).toEqual([
      'notification /3/0/9 2',
      'initial /3/0/9 3',
    ]);
  });

  test('survives that the endpoint is not registered for a while', async () => {
    const { device, store } = await kept();
    await device.deregister();
    expect(stored(store)).toMatchObject([{ kept: true, established: undefined }]);
    await device.register(LWM2M_1_2);
    expect(inFull(await device.one())).toBe('CON GET 3/0/9 observe=0 accept=112');
  });

  test('is forgotten when a registration is ended with everything, whether there is one or not', async () => {
    for (const isRegistered of [true, false]) {
      const { stage, device, store } = await kept();
      if (!isRegistered) await device.deregister();
      expect(await stage.server.endRegistration('dev', { forget: true })).toBe(isRegistered);
      expect(stored(store)).toEqual([]);
      await device.register(LWM2M_1_2);
      expect(await device.received()).toEqual([]);
    }
  });

  test('that the device refuses is not kept', async () => {
    const { device, stage, store, perform } = await registered();
    const refused = expect(perform(OBSERVE)).rejects.toMatchObject({ responseCode: '4.05' });
    device.answer(await device.one(), Code.METHOD_NOT_ALLOWED);
    await stage.settle();
    await refused;
    expect(stored(store)).toEqual([]);
    await device.register(LWM2M_1_2);
    expect(await device.received()).toEqual([]);
    expect(stage.server.statistics.observations).toBe(0);
  });

  test('that gets no answer is not kept', async () => {
    const { device, stage, store, perform } = await registered();
    const silent = expect(perform(OBSERVE)).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_TIMEOUT' });
    await stage.clock.advanceAsync(100_000);
    await silent;
    await device.ignore();
    expect(await device.update()).toBe('2.04');
    expect(await device.received()).toEqual([]);
    expect(stored(store)).toEqual([]);
  });

  test('that its caller gives up is not kept, nor observed', async () => {
    const { device, stage, store } = await registered();
    const controller = new AbortController();
    const performed = stage.server.device('dev').perform(OBSERVE, { signal: controller.signal });
    const request = await device.one();
    const aborted = expect(performed).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_ABORTED' });
    controller.abort();
    await aborted;
    device.answer(request, Code.CONTENT, { observe: 0, contentFormat: 0, payload: '1' });
    await stage.settle();
    device.notify(request.token, 1, '2');
    expect(inWords(await device.one())).toBe('RST empty');
    expect(stored(store)).toEqual([]);
  });

  test('has its attributes again after a Register', async () => {
    const { device, stage, perform } = await registered();
    const performed = perform({ ...OBSERVE, attributes: { pmin: 10 } });
    await accept(device, '1', 'CON GET 3/0/9 observe=0 accept=112 pmin=10');
    await stage.settle();
    await performed;
    await device.register(LWM2M_1_2);
    expect(inFull(await device.one())).toBe('CON GET 3/0/9 observe=0 accept=112 pmin=10');
  });

  test('of what a policy observes reads the present value, and has the say over attributes', async () => {
    const { device, stage, store, perform } = await registered({ observe: [{ path: '/3/0/9' }] });
    const first = await accept(device, '1');
    await stage.settle();
    expect(stored(store)).toMatchObject([{ kept: false, established: { token: first } }]);
    const performed = perform(OBSERVE);
    const read = await device.one();
    expect(inFull(read)).toBe('CON GET 3/0/9 accept=112');
    device.answer(read, Code.CONTENT, { contentFormat: 0, payload: '2' });
    await stage.settle();
    expect(await performed).toMatchObject({ records: [{ value: 2 }] });
    expect(stored(store)).toMatchObject([{ kept: true, established: { token: first } }]);
    const other = perform({ ...OBSERVE, attributes: { pmax: 5 } });
    device.answer(await device.one(), Code.CONTENT, { contentFormat: 0, payload: '2' });
    await accept(device, '3', 'CON GET 3/0/9 observe=0 accept=112 pmax=5');
    await stage.settle();
    await other;
    expect(stored(store)).toMatchObject([{ kept: true, attributes: { pmax: 5 } }]);
  });

  test('is refused when the store does not take it, and asked for anew by the next attempt', async () => {
    const store = new MemoryObservationStore();
    let failing = true;
    const { device, stage, perform } = await registered({
      observationStore: {
        load: () => store.load(),
        save: (observation) => (failing ? Promise.reject(new Error('disk full')) : store.save(observation)),
        remove: (...args) => store.remove(...args),
        endRegistration: (name) => store.endRegistration(name),
      },
    });
    const performed = expect(perform(OBSERVE)).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_STORE' });
    const token = await accept(device, '1');
    await stage.settle();
    await performed;
    expect(stage.taken()).toContain('error: the observations of dev could not be stored: Error: disk full');
    device.notify(token, 1, '2');
    expect(inWords(await device.one())).toBe('RST empty');
    failing = false;
    const again = perform(OBSERVE);
    await accept(device, '1');
    await stage.settle();
    expect(await again).toMatchObject({ responseCode: '2.05' });
    expect(stored(store)).toHaveLength(1);
  });
});

describe('an Observe-Composite as an operation', () => {
  test('is kept and cancelled by its paths, in whichever order', async () => {
    const { device, stage, store, perform } = await registered();
    const performed = perform({ kind: 'observeComposite', paths: ['/3/0/9', '/1/0/1'], contentFormat: 112 });
    const token = await acceptComposite(
      device,
      { '/3/0/9': 1, '/1/0/1': 60 },
      'CON FETCH observe=0 accept=112 112[/3/0/9 /1/0/1]',
    );
    await stage.settle();
    expect(await performed).toMatchObject({ responseCode: '2.05', node: { kind: 'root' } });
    expect(stored(store)).toMatchObject([{ paths: ['/3/0/9', '/1/0/1'], composite: true, contentFormat: 112 }]);
    const cancelled = perform({ kind: 'cancelObservation', paths: ['/1/0/1', '/3/0/9'], composite: true });
    const request = await device.one();
    expect(inFull(request)).toBe('CON FETCH observe=1 accept=112 112[/3/0/9 /1/0/1]');
    expect(request.token).toEqual(token);
    device.answer(request, Code.CONTENT, { contentFormat: 112, payload: senml({ '/3/0/9': 1 }) });
    await stage.settle();
    expect(await cancelled).toMatchObject({ responseCode: '2.05', records: [{ value: 1 }] });
    expect(stored(store)).toEqual([]);
  });
});

describe('a Cancel Observation as an operation', () => {
  test('ends it at the device, and for good', async () => {
    const { device, stage, store, token, perform } = await kept();
    const cancelled = perform(CANCEL);
    const request = await device.one();
    expect(inFull(request)).toBe('CON GET 3/0/9 observe=1 accept=112');
    expect(request.token).toEqual(token);
    device.answer(request, Code.CONTENT, { contentFormat: 0, payload: '1' });
    await stage.settle();
    expect(await cancelled).toMatchObject({ responseCode: '2.05', records: [{ value: 1 }] });
    expect(stored(store)).toEqual([]);
    await device.register(LWM2M_1_2);
    expect(await device.received()).toEqual([]);
  });

  test('of what nobody asked for has nothing to do', async () => {
    const { device, perform } = await registered();
    expect(await perform(CANCEL)).toEqual({ responseCode: '2.05' });
    expect(await device.received()).toEqual([]);
  });

  test('leaves what a policy wants', async () => {
    const { device, stage, store, token, perform } = await kept();
    stage.server.setPolicies([{ path: '/3/0/9' }]);
    expect(await perform(CANCEL)).toEqual({ responseCode: '2.05' });
    expect(await device.received()).toEqual([]);
    expect(stored(store)).toMatchObject([{ kept: false, established: { token } }]);
    device.notify(token, 1, '2');
    expect(inWords(await device.one())).toBe('ACK empty');
  });

  test('that gets no answer rejects, and it is forgotten all the same', async () => {
    const { device, stage, store, token, perform } = await kept();
    const cancelled = expect(perform(CANCEL)).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_TIMEOUT' });
    await stage.clock.advanceAsync(100_000);
    await cancelled;
    await device.ignore();
    expect(stored(store)).toEqual([]);
    device.notify(token, 1, '2');
    expect(inWords(await device.one())).toBe('RST empty');
    expect(await device.update()).toBe('2.04'); // it is awake again
    expect(await perform(CANCEL)).toEqual({ responseCode: '2.05' });
  });

  test('before the device has been asked anew takes it back', async () => {
    const { device, stage, store, perform } = await kept();
    await device.register(LWM2M_1_2);
    const request = await device.one(); // not answered
    expect(await perform(CANCEL)).toEqual({ responseCode: '2.05' });
    device.answer(request, Code.CONTENT, { observe: 0, contentFormat: 0, payload: '1' });
    await stage.settle();
    device.notify(request.token, 1, '2');
    expect(inWords(await device.one())).toBe('RST empty');
    expect(stored(store)).toEqual([]);
  });
});

test('the durable queue keeps an observation for a device that sleeps', async () => {
  const { device, stage, store } = await registered();
  await device.register(`${LWM2M_1_2}&b=U&Q`);
  await stage.clock.advanceAsync(100_000);
  const { id } = await stage.server.operations.add('dev', OBSERVE);
  expect(await device.received()).toEqual([]);
  expect(await device.update()).toBe('2.04');
  await accept(device, '1', 'CON GET 3/0/9 observe=0 accept=112');
  await stage.settle();
  expect(await stage.server.operations.get(id)).toMatchObject({ state: 'CONFIRMED', result: { responseCode: '2.05' } });
  expect(stored(store)).toMatchObject([{ kept: true }]);
});
