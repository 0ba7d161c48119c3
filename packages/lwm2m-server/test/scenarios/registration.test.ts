import { describe, expect, test } from 'vitest';
import { Code, MessageType, OptionNumber, stringOptions } from '@flownexus/coap';
import type { MemoryNetwork } from '@flownexus/datagram/testing';
import { overTransport, type Lwm2mServerOptions } from '../../src/index.ts';
import { diagnostic, inWords, LINKS, SERVER, Stage } from '../scripted-device.ts';

describe('Register', () => {
  test('is answered 2.01 with /rd/<id>, then the event comes', async () => {
    const stage = await Stage.start();
    const device = stage.device();
    device.request(Code.POST, {
      path: ['rd'],
      query: ['lwm2m=1.1', 'ep=dev', 'lt=60', 'b=U', 'Q'],
      contentFormat: 40,
      payload: LINKS,
    });
    const answer = await device.one();
    expect(inWords(answer)).toBe('ACK 2.01');
    const location = stringOptions(answer.options, OptionNumber.LOCATION_PATH);
    expect(location).toEqual(['rd', expect.stringMatching(/^[\w-]{16}$/)]);
    expect(answer.payload).toHaveLength(0);
    const registration = stage.server.registration('dev');
    expect(registration).toMatchObject({
      endpointName: 'dev',
      registrationId: location[1],
      lifetime: 60,
      queueMode: true,
      address: { host: '192.0.2.99', port: 50_000 },
      registeredAt: stage.clock.wallTime(),
    });
    expect([...stage.server.registrations()]).toEqual([registration]);
    expect(stage.taken()).toEqual(['registered dev']);
    expect(stage.server.statistics).toMatchObject({ registrations: 1, registers: 1 });
  });

  test.each([
    ['without ep', 'lwm2m=1.1&lt=60', LINKS, 40, '4.00', 'ep is missing'],
    ['with lt=abc', 'lwm2m=1.1&ep=dev&lt=abc', LINKS, 40, '4.00', 'lt is not a number of seconds'],
    ['of LwM2M 2.0', 'lwm2m=2.0&ep=dev&lt=60', LINKS, 40, '4.12', 'this server speaks LwM2M 1.0, 1.1 and 1.2'],
    ['in JSON', 'lwm2m=1.1&ep=dev&lt=60', LINKS, 50, '4.15', 'the object list is application/link-format (40)'],
    ['without Objects', 'lwm2m=1.1&ep=dev&lt=60', '', 40, '4.00', 'the object list is empty'],
    [
      'with an unknown profile',
      'lwm2m=1.2&ep=dev&lt=60&pid=6:0011',
      '',
      40,
      '4.09',
      'the profile is not known: register with the object list',
    ],
  ])('%s is refused with a reason', async (_name, query, payload, contentFormat, code, reason) => {
    const stage = await Stage.start();
    const device = stage.device();
    device.request(Code.POST, { path: ['rd'], query: query.split('&'), contentFormat, payload });
    const answer = await device.one();
    expect(inWords(answer)).toBe(`ACK ${code}`);
    expect(diagnostic(answer)).toBe(reason);
    expect(stage.taken()).toEqual([`refused register of ${query.includes('ep=') ? 'dev' : '?'}: ${code} ${reason}`]);
    expect(stage.server.statistics).toMatchObject({ registrations: 0, refusals: 1 });
  });

  test('a full server refuses new names, and takes those it has', async () => {
    const stage = await Stage.start({ maxRegistrations: 1 });
    expect(await stage.device(1).register('lwm2m=1.1&ep=a&lt=60')).toBe('2.01');
    expect(await stage.device(2).register('lwm2m=1.1&ep=b&lt=60')).toBe('5.03');
    expect(await stage.device(3).register('lwm2m=1.1&ep=a&lt=60')).toBe('2.01');
  });
});

test('a Register may come in blocks', async () => {
  const stage = await Stage.start();
  const device = stage.device();
  const bytes = new TextEncoder().encode(
    `</>;ct=112,${Array.from({ length: 20 }, (_, id) => `</3303/${id}>`).join(',')}`,
  );
  for (let offset = 0, number = 0; offset < bytes.length; offset += 64, number += 1) {
    const more = offset + 64 < bytes.length;
    device.request(Code.POST, {
      path: ['rd'],
      query: ['lwm2m=1.1', 'ep=dev', 'lt=60'],
      contentFormat: 40,
      options: [{ number: OptionNumber.BLOCK1, value: Uint8Array.of((number << 4) | (more ? 8 : 0) | 2) }],
      payload: bytes.subarray(offset, offset + 64),
    });
    expect(inWords(await device.one())).toBe(more ? 'ACK 2.31' : 'ACK 2.01');
  }
  expect(stage.server.registration('dev')?.instances.get(3303)).toHaveLength(20);
});

describe('a second Register', () => {
  test('replaces the first: its ID is gone, its events come before', async () => {
    const calls: string[] = [];
    const stage = await Stage.start({
      onRegister: ({ endpointName }) => void calls.push(`onRegister ${endpointName}`),
      onDeregister: (_registration, reason) => void calls.push(`onDeregister ${reason}`),
    });
    const device = stage.device();
    await device.register();
    const first = device.location;
    await device.register('lwm2m=1.1&ep=dev&lt=90');
    expect(device.location).not.toEqual(first);
    expect(stage.taken()).toEqual(['registered dev', 'replaced dev', 'registered dev']);
    expect(calls).toEqual(['onRegister dev', 'onRegister dev']);
    expect([...stage.server.registrations()]).toHaveLength(1);
    device.location = first;
    expect(await device.update()).toBe('4.04');
    expect(await device.deregister()).toBe('4.04');
    expect(stage.taken()).toEqual([
      'refused update of ?: 4.04 no such registration',
      'refused deregister of ?: 4.04 no such registration',
    ]);
    await stage.clock.advanceAsync(160_000); // past the first lifetime and grace, not past the second
    expect(stage.server.registration('dev')?.lifetime).toBe(90);
  });

  test('while the handler of the first still runs waits for it, and ends as the only one', async () => {
    const gates = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const begun: string[] = [];
    const stage = await Stage.start({
      onRegister: async ({ address }) => {
        begun.push(String(address.port));
        await gates[begun.length - 1]?.promise;
      },
    });
    const [first, second] = [stage.device(1001), stage.device(1002)];
    const fields = { path: ['rd'], query: ['lwm2m=1.1', 'ep=dev', 'lt=60'], contentFormat: 40, payload: LINKS };
    first.request(Code.POST, fields);
    await stage.settle();
    second.request(Code.POST, fields);
    await stage.settle();
    expect(begun).toEqual(['1001']);
    expect(stage.server.registration('dev')).toBeUndefined();
    gates[0]?.resolve(undefined);
    await stage.settle();
    expect(begun).toEqual(['1001', '1002']);
    expect(stage.taken()).toEqual(['registered dev']);
    gates[1]?.resolve(undefined);
    await stage.settle();
    expect(stage.taken()).toEqual(['replaced dev', 'registered dev']);
    expect(stage.server.registration('dev')?.address.port).toBe(1002);
  });

  test('that follows at once does not get ahead of the event of the first', async () => {
    const gate = Promise.withResolvers<undefined>();
    const stage = await Stage.start({
      onRegister: ({ address }) => (address.port === 1001 ? gate.promise : undefined),
    });
    const { server, log } = stage;
    server.on('registered', (registration) => {
      log.push(
        `${registration.address.port} is ${server.registration('dev') === registration ? 'the present one' : 'stale'}`,
      );
    });
    const fields = { path: ['rd'], query: ['lwm2m=1.1', 'ep=dev', 'lt=60'], contentFormat: 40, payload: LINKS };
    stage.device(1001).request(Code.POST, fields);
    stage.device(1002).request(Code.POST, fields);
    await stage.settle();
    gate.resolve(undefined);
    await stage.settle();
    expect(stage.taken()).toEqual([
      'registered dev',
      '1001 is the present one',
      'replaced dev',
      'registered dev',
      '1002 is the present one',
    ]);
  });

  test('that many wait is refused', async () => {
    const stage = await Stage.start({ onRegister: () => new Promise(() => undefined) });
    const codes: string[] = [];
    for (let port = 1000; port < 1008; port += 1) codes.push(await stage.device(port).register());
    expect(codes.filter((code) => code === 'no answer')).toHaveLength(5);
    expect(codes.slice(5)).toEqual(['5.03', '5.03', '5.03']);
  });
});

describe('Update', () => {
  test('changes what it mentions and begins the lifetime anew', async () => {
    const stage = await Stage.start();
    const device = stage.device();
    await device.register();
    await stage.clock.advanceAsync(50_000);
    expect(await device.update('lt=100&b=UT', '</3/0>,</3303/0>')).toBe('2.04');
    expect(stage.taken()).toEqual(['registered dev', 'updated dev']);
    const registration = stage.server.registration('dev');
    expect(registration).toMatchObject({ lifetime: 100, bindingMode: 'UT', updatedAt: stage.clock.wallTime() });
    expect(registration?.registeredAt).toBe(stage.clock.wallTime() - 50_000);
    expect([...(registration?.instances.keys() ?? [])]).toEqual([3, 3303]);
    await stage.clock.advanceAsync(192_999);
    expect(stage.server.registration('dev')).toBeDefined();
    await stage.clock.advanceAsync(1);
    expect(stage.server.registration('dev')).toBeUndefined();
  });

  test('from another address moves the registration there: the ID is what authorises it', async () => {
    const stage = await Stage.start();
    const device = stage.device();
    await device.register();
    device.peer.rebind('192.0.2.77', 61_000);
    expect(await device.update()).toBe('2.04');
    expect(stage.server.registration('dev')?.address).toEqual({ host: '192.0.2.77', port: 61_000 });
    const read = stage.server.device('dev').read('/3/0/9');
    const request = await device.one();
    device.answer(request, Code.CONTENT, { contentFormat: 0, payload: '5' });
    await stage.settle();
    expect((await read).records[0]?.value).toBe(5);
  });

  test.each([
    ['lt=soon', '', '4.00'],
    ['ep=other', '', '4.00'],
    ['', 'no links', '4.00'],
  ])('%s %s is refused and changes nothing', async (query, links, code) => {
    const stage = await Stage.start();
    const device = stage.device();
    await device.register();
    const before = stage.server.registration('dev');
    expect(await device.update(query, links)).toBe(code);
    expect(stage.server.registration('dev')).toBe(before);
    expect(stage.taken().at(-1)).toMatch(/^refused update of dev: 4\.00 /);
  });
});

describe('De-register and expiry', () => {
  test('De-register is answered 2.02 and ends it', async () => {
    const stage = await Stage.start();
    const device = stage.device();
    await device.register();
    expect(await device.deregister()).toBe('2.02');
    expect(stage.taken()).toEqual(['registered dev', 'deregistered dev']);
    expect(stage.server.registration('dev')).toBeUndefined();
    expect(await device.update()).toBe('4.04');
    expect(await device.deregister()).toBe('4.04');
  });

  test('after the lifetime comes the grace period, then the end', async () => {
    const ended: string[] = [];
    const stage = await Stage.start({
      gracePeriodMs: 10_000,
      onDeregister: ({ endpointName }, reason) => void ended.push(`${endpointName} ${reason}`),
    });
    const device = stage.device();
    await device.register();
    await stage.clock.advanceAsync(69_000);
    expect(await device.update()).toBe('2.04');
    await stage.clock.advanceAsync(69_999);
    expect(ended).toEqual([]);
    await stage.clock.advanceAsync(1);
    expect(ended).toEqual(['dev expired']);
    expect(stage.taken()).toEqual(['registered dev', 'updated dev', 'expired dev']);
    expect(await device.update()).toBe('4.04');
    expect(stage.server.statistics).toMatchObject({ registrations: 0, expiries: 1 });
  });

  test('a lifetime of 0 never ends', async () => {
    const stage = await Stage.start();
    await stage.device().register('lwm2m=1.2&ep=dev&lt=0');
    await stage.clock.advanceAsync(1e10);
    expect(stage.server.registration('dev')).toBeDefined();
  });

  test('an Update under way at the end of the lifetime still counts', async () => {
    const gate = Promise.withResolvers<undefined>();
    const stage = await Stage.start({
      gracePeriodMs: 0,
      onUpdate: async () => {
        await gate.promise;
      },
    });
    const device = stage.device();
    await device.register();
    await stage.clock.advanceAsync(59_990);
    device.request(Code.POST, { path: device.location });
    await stage.settle();
    await stage.clock.advanceAsync(20);
    expect(stage.server.registration('dev')).toBeDefined();
    gate.resolve(undefined);
    await stage.settle();
    expect(stage.server.registration('dev')).toBeDefined();
    expect(stage.taken()).toEqual(['registered dev', 'updated dev']);
  });

  test('expiry does not wait for a faulty handler', async () => {
    const stage = await Stage.start({ gracePeriodMs: 0, onDeregister: () => Promise.reject(new Error('no database')) });
    await stage.device().register();
    await stage.clock.advanceAsync(60_000);
    expect(stage.taken()).toEqual([
      'registered dev',
      'error: onDeregister failed for dev: Error: no database',
      'expired dev',
    ]);
    expect(stage.server.registration('dev')).toBeUndefined();
  });
});

describe('handlers', () => {
  test('the answer waits for them, and no device request leaves before it', async () => {
    const gate = Promise.withResolvers<undefined>();
    const stage = await Stage.start({
      observe: [{ path: '/3/0/9' }],
      onRegister: async () => {
        await gate.promise;
      },
    });
    const device = stage.device();
    device.request(Code.POST, {
      path: ['rd'],
      query: ['lwm2m=1.1', 'ep=dev', 'lt=60'],
      contentFormat: 40,
      payload: LINKS,
    });
    await stage.settle();
    expect(device.peer.takeAll()).toEqual([]);
    expect(stage.server.registration('dev')).toBeUndefined();
    gate.resolve(undefined);
    expect((await device.received()).map(inWords)).toEqual(['ACK 2.01', 'CON GET 3/0/9 observe=0 accept=112']);
  });

  test('a slow one: an Empty ACK after a second, the answer by itself, and then the event', async () => {
    const gate = Promise.withResolvers<undefined>();
    const stage = await Stage.start({
      onRegister: async () => {
        await gate.promise;
      },
    });
    const device = stage.device();
    expect(await device.register()).toBe('no answer');
    await stage.clock.advanceAsync(1000);
    expect(inWords(await device.one())).toBe('ACK empty');
    await stage.clock.advanceAsync(30_000);
    expect(stage.taken()).toEqual([]);
    gate.resolve(undefined);
    const answer = await device.one();
    expect(inWords(answer)).toBe('CON 2.01');
    device.send({ type: MessageType.ACK, code: Code.EMPTY, messageId: answer.messageId });
    await stage.settle();
    expect(stage.taken()).toEqual(['registered dev']);
  });

  const failing = (): Promise<void> => Promise.reject(new Error('no database'));
  test.each<[string, Partial<Lwm2mServerOptions>]>([
    ['rejects', { onRegister: failing }],
    [
      'throws',
      {
        onRegister: () => {
          throw new Error('no database');
        },
      },
    ],
  ])('onRegister %s: 5.03, no registration, and the old one stays', async (_name, options) => {
    const stage = await Stage.start(options);
    expect(await stage.device().register()).toBe('5.03');
    expect(stage.server.registration('dev')).toBeUndefined();
    expect(stage.taken()).toEqual([
      'error: onRegister failed for dev: Error: no database',
      'refused register of dev: 5.03 the server can not take this now',
    ]);
  });

  test('onUpdate and onDeregister that reject leave everything as it was', async () => {
    const stage = await Stage.start({ onUpdate: failing, onDeregister: failing });
    const device = stage.device();
    await device.register();
    const before = stage.server.registration('dev');
    expect(await device.update('lt=99')).toBe('5.03');
    expect(await device.deregister()).toBe('5.03');
    expect(stage.server.registration('dev')).toBe(before);
    await stage.clock.advanceAsync(60_000 + 93_000);
    expect(stage.server.registration('dev')).toBeUndefined();
  });

  test('a lazy thenable, as some query builders return, is awaited', async () => {
    const ran: string[] = [];
    const query = {
      then(resolve: () => void) {
        ran.push('query');
        resolve();
      },
    };
    const stage = await Stage.start({ onRegister: () => query as unknown as Promise<void> });
    expect(await stage.device().register()).toBe('2.01');
    expect(ran).toEqual(['query']);
  });

  test('a listener that throws disturbs nobody', async () => {
    const stage = await Stage.start();
    stage.server.on('registered', () => {
      throw new Error('mine');
    });
    let heard = 0;
    stage.server.on('registered', () => (heard += 1));
    expect(await stage.device().register()).toBe('2.01');
    expect(heard).toBe(1);
    expect(stage.taken()).toEqual(['registered dev', "error: a listener of 'registered' threw: Error: mine"]);
  });
});

describe('other requests', () => {
  test.each([
    [Code.GET, ['rd'], '4.05'],
    [Code.PUT, ['rd'], '4.05'],
    [Code.DELETE, ['rd'], '4.05'],
    [Code.GET, ['rd', 'x'], '4.05'],
    [Code.PUT, ['rd', 'x'], '4.05'],
    [Code.POST, ['rd', 'x'], '4.04'],
    [Code.DELETE, ['rd', 'x'], '4.04'],
    [Code.POST, ['rd', ''], '4.04'],
    [Code.POST, ['rd', 'x', 'y'], '4.04'],
    [Code.POST, ['RD'], '4.04'],
    [Code.POST, [], '4.04'],
    [Code.GET, ['3', '0'], '4.04'],
  ])('method %i on %j: %s', async (method, path, code) => {
    const stage = await Stage.start();
    const device = stage.device();
    device.request(method, { path });
    expect(inWords(await device.one())).toBe(`ACK ${code}`);
  });

  test('garbage and hostile Registers harm nobody', async () => {
    const stage = await Stage.start();
    const device = stage.device();
    await device.register();
    stage.taken();
    for (const hex of ['', '40', 'ff', '4f02', '5302000100', '48020001', '400200010dff'])
      device.sendBytes(Buffer.from(hex, 'hex'));
    for (const payload of ['<', '</0>', `<${'/3'.repeat(9000)}>`, '</3/0>;'.repeat(2000)]) {
      device.request(Code.POST, { path: ['rd'], query: ['ep=evil', 'lwm2m=1.1', 'lt=1'], contentFormat: 40, payload });
    }
    await stage.settle();
    device.peer.takeAll();
    expect(stage.server.registration('evil')).toBeUndefined();
    expect(await device.update()).toBe('2.04');
    expect(stage.taken().filter((line) => line.startsWith('error'))).toEqual([]);
  });
});

describe('start and stop', () => {
  test('addresses are known while it runs', async () => {
    const stage = new Stage();
    expect(stage.server.addresses).toEqual([]);
    await stage.server.start();
    expect(stage.server.addresses).toEqual([{ scheme: 'coap', host: '192.0.2.1', port: 5683 }]);
    await expect(stage.server.start()).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_STATE' });
    await stage.server.stop();
    await stage.server.stop();
    expect(stage.server.addresses).toEqual([]);
  });

  test('an endpoint that can not be opened fails the start and leaves none open', async () => {
    const stage = new Stage();
    stage.network.peer('192.0.2.1', 5683);
    await expect(stage.server.start()).rejects.toMatchObject({ code: 'ERR_DATAGRAM_BIND' });
    expect(stage.clock.pendingTimers).toBe(0);
  });

  test('a server that is stopped as it starts has nothing open afterwards', async () => {
    const gate = Promise.withResolvers<undefined>();
    const network: MemoryNetwork = new Stage().network;
    const slow = network.transport({ host: '192.0.2.1', port: 5999 });
    const open = slow.open.bind(slow);
    slow.open = async (handler) => {
      await gate.promise;
      await open(handler);
    };
    const stage = new Stage({ endpoints: [overTransport(network.transport(SERVER)), overTransport(slow)] });
    const starting = expect(stage.server.start()).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_STATE' });
    await stage.settle();
    const stopping = stage.server.stop();
    gate.resolve(undefined);
    await starting;
    await stopping;
    expect(stage.server.addresses).toEqual([]);
    for (const port of [SERVER.port, 5999]) network.peer(SERVER.host, port); // the addresses are free
  });

  test('stop waits for handlers that run', async () => {
    const gate = Promise.withResolvers<undefined>();
    const stage = await Stage.start({
      onRegister: async () => {
        await gate.promise;
        stage.log.push('handler done');
      },
    });
    stage.device().request(Code.POST, { path: ['rd'], query: ['ep=dev'], payload: LINKS });
    await stage.settle();
    const stopped = stage.server.stop().then(() => stage.log.push('stopped'));
    await stage.settle();
    expect(stage.taken()).toEqual([]);
    gate.resolve(undefined);
    await stopped;
    expect(stage.taken()).toEqual(['handler done', 'registered dev', 'stopped']);
    expect(stage.clock.pendingTimers).toBe(0);
  });
});
