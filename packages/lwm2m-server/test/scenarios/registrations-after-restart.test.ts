import { describe, expect, test } from 'vitest';
import { Code } from '@flownexus/coap';
import { MemoryNetwork, VirtualClock } from '@flownexus/datagram/testing';
import {
  MemoryCredentialStore,
  MemoryObservationStore,
  overTransport,
  type Lwm2mServerOptions,
  type RegistrationStore,
  type StoredRegistration,
} from '../../src/index.ts';
import { MemoryRegistrationStore } from '../../src/testing/index.ts';
import { IdentifiedTransport } from '../identified-transport.ts';
import { inWords, SERVER, Stage, type ScriptedDevice } from '../scripted-device.ts';
import { KEY, psk } from '../secured-stage.ts';
import { accept } from './observing-device.ts';

/** Server after server on one network, with one store. */
class World {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork(this.clock);
  readonly registrationStore = new MemoryRegistrationStore();

  async start(options: Partial<Lwm2mServerOptions> = {}): Promise<Stage> {
    const { registrationStore, clock, network } = this;
    const stage = new Stage({ registrationStore, ...options }, { clock, network });
    await stage.server.start();
    return stage;
  }

  /** Stops a server, and starts another after a while. */
  async restart(stage: Stage, options: Partial<Lwm2mServerOptions> = {}, afterMs: number = 0): Promise<Stage> {
    await stage.server.stop();
    await this.clock.advanceAsync(afterMs);
    return this.start(options);
  }
}

describe('after a restart', () => {
  test('a server knows its endpoints, and reaches them before they are heard', async () => {
    const world = new World();
    const first = await world.start();
    const device = first.device();
    await device.register('lwm2m=1.1&ep=dev&lt=600&b=U&site=north');
    await first.device(50_001).register('lwm2m=1.1&ep=other&lt=600');
    const registration = first.server.registration('dev');
    const second = await world.restart(first);
    expect(second.taken()).toEqual([]);
    expect(second.server.registration('dev')).toEqual(registration);
    expect([...second.server.registrations()].map(({ endpointName }) => endpointName)).toEqual(['dev', 'other']);
    const read = second.server.device('dev').read('/3/0/9');
    const request = await device.one();
    expect(inWords(request)).toBe('CON GET 3/0/9 accept=112');
    device.answer(request, Code.CONTENT, { contentFormat: 0, payload: '7' });
    await second.settle();
    expect((await read).records[0]?.value).toBe(7);
    expect(await device.update('lt=700')).toBe('2.04');
    expect(await device.deregister()).toBe('2.02');
    expect(second.taken()).toEqual(['updated dev', 'deregistered dev']);
    expect(world.registrationStore.size).toBe(1);
    const third = await world.restart(second);
    expect(third.server.registration('dev')).toBeUndefined();
  });

  test('what an Update changed is there', async () => {
    const world = new World();
    const first = await world.start();
    const device = first.device();
    await device.register();
    await device.update('lt=1000', '</3/0>');
    const registration = first.server.registration('dev');
    const second = await world.restart(first);
    expect(second.server.registration('dev')).toEqual(registration);
  });

  test('only the registration is there that replaced another', async () => {
    const world = new World();
    const first = await world.start();
    const device = first.device();
    await device.register();
    const replaced = device.location;
    await device.register();
    const second = await world.restart(first);
    expect(second.server.registration('dev')?.registrationId).toBe(device.location[1]);
    device.location = replaced;
    expect(await device.update()).toBe('4.04');
  });

  test('a lifetime goes on by wall time', async () => {
    const world = new World();
    const first = await world.start({ gracePeriodMs: 10_000 });
    await first.device().register('lwm2m=1.1&ep=dev&lt=60');
    await world.clock.advanceAsync(20_000);
    const second = await world.restart(first, { gracePeriodMs: 10_000 }, 30_000);
    await world.clock.advanceAsync(19_999);
    expect(second.server.registration('dev')).toBeDefined();
    await world.clock.advanceAsync(1);
    expect(second.taken()).toEqual(['expired dev']);
    expect(world.registrationStore.size).toBe(0);
  });

  test('what expired while the server was down ends as it starts', async () => {
    const world = new World();
    const first = await world.start();
    await first.device().register('lwm2m=1.1&ep=dev&lt=60');
    await first.device(50_001).register('lwm2m=1.2&ep=endless&lt=0');
    const ended: string[] = [];
    const second = await world.restart(
      first,
      { onDeregister: ({ endpointName }, reason) => void ended.push(`${endpointName} ${reason}`) },
      1e9,
    );
    expect(ended).toEqual(['dev expired']);
    expect([...second.server.registrations()].map(({ endpointName }) => endpointName)).toEqual(['endless']);
    expect(second.server.statistics).toMatchObject({ registrations: 1, expiries: 1 });
    expect(world.registrationStore.size).toBe(1);
  });

  test('requests leave from the endpoint that the device came in at', async () => {
    const world = new World();
    const addresses = [SERVER, { host: '192.0.2.1', port: 5783 }];
    const endpoints = (): Partial<Lwm2mServerOptions> => ({
      endpoints: addresses.map((address) => overTransport(world.network.transport(address))),
    });
    const first = await world.start(endpoints());
    const device = first.device();
    await device.register('lwm2m=1.1&ep=first&lt=600');
    const register = world.network.log.find(({ to }) => to.port === SERVER.port)?.bytes ?? new Uint8Array();
    world.network.peer('192.0.2.98', 50_000).send(addresses[1] ?? SERVER, renamed(register));
    await first.settle();
    const second = await world.restart(first, endpoints());
    const before = world.network.log.length;
    for (const name of ['first', 'secnd'])
      second.server
        .device(name)
        .read('/3/0/9')
        .catch(() => undefined);
    await second.settle();
    const sent = world.network.log.slice(before).map(({ from, to }) => `${from.port} to ${to.host}`);
    expect(sent).toEqual(['5683 to 192.0.2.99', '5783 to 192.0.2.98']);
  });

  test('more registrations than the server may have are passed over, and told', async () => {
    const world = new World();
    const first = await world.start();
    for (let port = 1; port <= 3; port += 1) await first.device(port).register(`lwm2m=1.1&ep=dev${port}&lt=600`);
    const second = await world.restart(first, { maxRegistrations: 2 });
    expect(second.taken()).toEqual([
      expect.stringMatching(/^error: restoring the registrations: .* 1 stored registrations were passed over/),
    ]);
    expect(second.server.statistics.registrations).toBe(2);
  });
});

describe('a device whose peer the transport does not know any more', () => {
  async function restarted(
    options: Partial<Lwm2mServerOptions> = {},
    before: (device: ScriptedDevice) => Promise<void> = () => Promise.resolve(),
  ): Promise<{
    world: World;
    stage: Stage;
    transport: IdentifiedTransport;
    location: readonly string[];
  }> {
    const world = new World();
    let transport = new IdentifiedTransport(world.network.transport(SERVER));
    transport.identify(1000, psk('id'));
    const first = await world.start({ ...options, endpoints: [overTransport(transport)] });
    const device = first.device(1000);
    expect(await device.register()).toBe('2.01');
    await before(device);
    await first.settle();
    transport = new IdentifiedTransport(world.network.transport(SERVER));
    const stage = await world.restart(first, { ...options, endpoints: [overTransport(transport)] });
    return { world, stage, transport, location: device.location };
  }

  test('stays registered, asleep until it is heard', async () => {
    const { stage, transport, location } = await restarted();
    expect(stage.server.device('dev').presence?.state).toBe('asleep');
    await expect(stage.server.device('dev').read('/3/0/9', { whenAsleep: 'fail' })).rejects.toMatchObject({
      code: 'ERR_LWM2M_SERVER_ASLEEP',
    });
    await expect(stage.server.device('dev').read('/3/0/9', { whenAsleep: 'send' })).rejects.toMatchObject({
      code: 'ERR_LWM2M_SERVER_EXCHANGE',
    });
    const read = stage.server.device('dev').read('/3/0/9');
    await stage.settle();
    expect(stage.lastSent()).toBe('ACK 2.01');
    // A new handshake, from another port.
    transport.identify(2000, psk('id'));
    const device = stage.device(2000);
    device.location = location;
    device.request(Code.POST, { path: location });
    const [answer, request] = await device.received();
    expect([answer, request].map((message) => message && inWords(message))).toEqual([
      'ACK 2.04',
      'CON GET 3/0/9 accept=112',
    ]);
    if (request !== undefined) device.answer(request, Code.CONTENT, { contentFormat: 0, payload: '1' });
    await stage.settle();
    expect((await read).records[0]?.value).toBe(1);
    expect(stage.taken()).toEqual(['updated dev']);
  });

  test('is asked anew for what it had to observe, when it is heard', async () => {
    const observing = {
      observe: [{ path: '/3/0/9' }],
      observationStore: new MemoryObservationStore(),
    };
    const { stage, transport, location } = await restarted(observing, async (device) => {
      await accept(device, '5', 'CON GET 3/0/9 observe=0 accept=112');
    });
    transport.identify(2000, psk('id'));
    const device = stage.device(2000);
    device.location = location;
    expect(await device.update()).toBe('2.04');
    await accept(device, '6', 'CON GET 3/0/9 observe=0 accept=112');
    await stage.settle();
    expect(stage.taken()).toEqual(['updated dev', 'initial /3/0/9 6']);
  });

  test('is not somebody else who knows the registration ID', async () => {
    const { stage, transport, location } = await restarted();
    transport.identify(2000, psk('somebody else'));
    for (const port of [2000, 3000]) {
      const stranger = stage.device(port);
      stranger.location = location;
      expect(await stranger.update()).toBe('4.04');
    }
  });
});

describe('credentials that were changed while the server was down', () => {
  const store = (identity: string): MemoryCredentialStore => {
    const credentials = new MemoryCredentialStore();
    credentials.set('dev', { mode: 'psk', identity, key: KEY });
    return credentials;
  };

  async function registered(): Promise<{ world: World; stage: Stage }> {
    const world = new World();
    const transport = new IdentifiedTransport(world.network.transport(SERVER));
    transport.identify(1000, psk('id'));
    const stage = await world.start({ endpoints: [overTransport(transport)], credentials: store('id') });
    await stage.device(1000).register('lwm2m=1.1&ep=dev&lt=600');
    await stage.device(2000).register('lwm2m=1.1&ep=plain&lt=600');
    return { world, stage };
  }

  test('leave what is as it was', async () => {
    const { world, stage } = await registered();
    const second = await world.restart(stage, { credentials: store('id') });
    expect(second.taken()).toEqual([]);
    expect(second.server.statistics.registrations).toBe(2);
  });

  test('revoke the registration of an identity that is not the endpoint any more', async () => {
    const { world, stage } = await registered();
    const reasons: string[] = [];
    const second = await world.restart(stage, {
      credentials: store('other'),
      onDeregister: ({ endpointName }, reason) => void reasons.push(`${endpointName} ${reason}`),
    });
    expect(second.taken()).toEqual(['revoked dev']);
    expect(reasons).toEqual(['dev revoked']);
    expect([...second.server.registrations()].map(({ endpointName }) => endpointName)).toEqual(['plain']);
    expect(world.registrationStore.size).toBe(1);
  });

  test('revoke what an endpoint has without one that it has now', async () => {
    const { world, stage } = await registered();
    const credentials = store('id');
    credentials.set('plain', { mode: 'psk', identity: 'plain id', key: KEY });
    const second = await world.restart(stage, { credentials });
    expect(second.taken()).toEqual(['revoked plain']);
  });

  test('and devices without an identity, where they are not admitted any more', async () => {
    const { world, stage } = await registered();
    const second = await world.restart(stage, { credentials: store('id'), noSec: false });
    expect(second.taken()).toEqual(['revoked plain']);
  });

  test('a store that fails revokes nobody', async () => {
    const { world, stage } = await registered();
    const credentials = Object.assign(store('id'), {
      endpointNameOf: () => Promise.reject(new Error('no database')),
    });
    const second = await world.restart(stage, { credentials });
    expect(second.taken()).toEqual(['error: the credentials could not be asked about dev: Error: no database']);
    expect(second.server.statistics.registrations).toBe(2);
  });
});

describe('the store of registrations', () => {
  class SlowStore implements RegistrationStore {
    readonly calls: string[] = [];
    outcome: Promise<undefined> | undefined;

    load(): Iterable<StoredRegistration> {
      return [];
    }

    save({ registration, peerKey, serverAddress }: StoredRegistration): Promise<undefined> | undefined {
      this.calls.push(`save ${registration.endpointName} ${registration.lifetime} ${peerKey} ${serverAddress}`);
      return this.outcome;
    }

    remove(endpointName: string): Promise<undefined> | undefined {
      this.calls.push(`remove ${endpointName}`);
      return this.outcome;
    }
  }

  const failed = (): Promise<undefined> => {
    const outcome = Promise.reject<undefined>(new Error('no disk'));
    outcome.catch(() => undefined); // it waits until the store is asked
    return outcome;
  };

  test('is asked after the handler, and the answer waits for it', async () => {
    const store = new SlowStore();
    const gate = Promise.withResolvers<undefined>();
    store.outcome = gate.promise;
    const stage = await Stage.start({
      registrationStore: store,
      onRegister: () => void store.calls.push('onRegister'),
    });
    const device = stage.device();
    expect(await device.register()).toBe('no answer');
    expect(store.calls).toEqual(['onRegister', 'save dev 60 coap://192.0.2.99:50000 coap://192.0.2.1:5683']);
    expect(stage.server.registration('dev')).toBeUndefined();
    gate.resolve(undefined);
    expect(inWords(await device.one())).toBe('ACK 2.01');
    expect(stage.taken()).toEqual(['registered dev']);
  });

  test('is not asked when the handler fails', async () => {
    const store = new SlowStore();
    const stage = await Stage.start({ registrationStore: store, onRegister: failed });
    expect(await stage.device().register()).toBe('5.03');
    expect(store.calls).toEqual([]);
  });

  test('that fails refuses the request, and all is as before', async () => {
    const store = new SlowStore();
    const stage = await Stage.start({ registrationStore: store });
    const device = stage.device();
    store.outcome = failed();
    expect(await device.register()).toBe('5.03');
    expect(stage.server.registration('dev')).toBeUndefined();
    store.outcome = undefined;
    expect(await device.register()).toBe('2.01');
    const before = stage.server.registration('dev');
    store.outcome = failed();
    expect(await device.update('lt=99')).toBe('5.03');
    store.outcome = failed();
    expect(await device.deregister()).toBe('5.03');
    expect(stage.server.registration('dev')).toBe(before);
    const error = 'error: the registration store failed for dev: Error: no disk';
    const refused = (operation: string): string => `refused ${operation} of dev: 5.03 the server can not take this now`;
    expect(stage.taken()).toEqual([
      error,
      refused('register'),
      'registered dev',
      error,
      refused('update'),
      error,
      refused('deregister'),
    ]);
  });

  test('that fails keeps no registration from ending', async () => {
    const store = new SlowStore();
    const stage = await Stage.start({ registrationStore: store, gracePeriodMs: 0 });
    await stage.device().register();
    store.remove = failed;
    await stage.clock.advanceAsync(60_000);
    expect(stage.server.registration('dev')).toBeUndefined();
    expect(stage.taken()).toEqual([
      'registered dev',
      'error: the registration store failed for dev: Error: no disk',
      'expired dev',
    ]);
  });

  test('that can not be loaded fails the start, with nothing open', async () => {
    const store = new SlowStore();
    store.load = () => {
      throw new Error('no disk');
    };
    const stage = new Stage({ registrationStore: store });
    await expect(stage.server.start()).rejects.toThrow('no disk');
    expect(stage.server.addresses).toEqual([]);
    expect(stage.clock.pendingTimers).toBe(0);
    stage.network.peer(SERVER.host, SERVER.port); // the address is free
  });
});

test('what comes in before all endpoints are open waits until they are', async () => {
  const world = new World();
  const first = await world.start();
  const device = first.device();
  await device.register();
  const gate = Promise.withResolvers<undefined>();
  const slow = world.network.transport({ host: '192.0.2.1', port: 5999 });
  const open = slow.open.bind(slow);
  slow.open = async (handler) => {
    await gate.promise;
    await open(handler);
  };
  await first.server.stop();
  const endpoints = [overTransport(world.network.transport(SERVER)), overTransport(slow)];
  const stage = new Stage({ registrationStore: world.registrationStore, endpoints }, world);
  const starting = stage.server.start();
  await stage.settle();
  expect(await device.update()).toBe('no answer');
  gate.resolve(undefined);
  await starting;
  await stage.settle();
  expect(inWords(await device.one())).toBe('ACK 2.04');
});

/** A Register of `first` as one of `secnd`, so that no length changes. */
function renamed(bytes: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(bytes).toString('latin1').replace('ep=first', 'ep=secnd'), 'latin1');
}
