import { expect, test } from 'vitest';
import { Code } from '@flownexus/coap';
import { overTransport } from '../../src/index.ts';
import { inWords, Stage } from '../scripted-device.ts';

test('what the CoAP engine counts is in the statistics, over all endpoints', async () => {
  const stage = new Stage();
  expect(stage.server.statistics.coap).toMatchObject({ received: 0, formatErrors: 0 });
  await stage.server.start();
  const device = stage.device();
  device.sendBytes(Uint8Array.of(0x4f, 1, 0, 1));
  await device.register();
  expect(stage.server.statistics.coap).toMatchObject({ received: 2, formatErrors: 1, requests: 1 });
  await stage.server.stop();
  expect(stage.server.statistics.coap).toMatchObject({ received: 2, formatErrors: 1, requests: 1 });
});

test('the counters of several endpoints are summed, in a value of its own', async () => {
  const addresses = [5683, 5685].map((port) => ({ host: '192.0.2.5', port }));
  const stage: Stage = new Stage();
  const { network } = stage;
  const both = new Stage({ endpoints: addresses.map((address) => overTransport(network.transport(address))) });
  await both.server.start();
  const peer = network.peer('192.0.2.99', 50_000);
  for (const address of addresses) peer.send(address, Uint8Array.of(0x4f, 1, 0, 1));
  await stage.settle();
  const { coap } = both.server.statistics;
  expect(coap).toMatchObject({ received: 2, formatErrors: 2 });
  expect(both.server.statistics.coap).not.toBe(coap);
});

test('an error in the callbacks of the server itself goes to onError', async () => {
  const stage = await Stage.start({ observe: [{ path: '/3/0/9' }] });
  // Nobody may change a registration; here it provokes an error after the answer has left.
  stage.server.on('registered', (registration) => Object.assign(registration, { instances: undefined }));
  expect(await stage.device().register()).toBe('2.01');
  expect(stage.taken()).toEqual(['registered dev', expect.stringMatching(/^error: .*TypeError/)]);
});

test('a defect is answered 5.00 and reported once', async () => {
  let broken = false;
  const stage = new Stage();
  const wallTime = stage.clock.wallTime.bind(stage.clock);
  stage.clock.wallTime = () => {
    if (broken) throw new TypeError('no time');
    return wallTime();
  };
  await stage.server.start();
  broken = true;
  const device = stage.device();
  device.request(Code.POST, { path: ['rd'], query: ['ep=dev'], payload: '</3/0>' });
  expect(inWords(await device.one())).toBe('ACK 5.00');
  expect(stage.taken()).toEqual(['error: the register of 192.0.2.99 failed: TypeError: no time']);
});
