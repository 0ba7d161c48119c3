import { expect, test } from 'vitest';
import { Code } from '@flownexus/coap';
import { inWords, LINKS, Stage, type ScriptedDevice } from '../scripted-device.ts';

function register(device: ScriptedDevice, name: string): void {
  device.request(Code.POST, {
    path: ['rd'],
    query: ['lwm2m=1.1', `ep=${name}`, 'lt=60'],
    contentFormat: 40,
    payload: LINKS,
  });
}

async function answerOf(device: ScriptedDevice): Promise<string> {
  return inWords(await device.one())
    .split(' ')
    .slice(0, 2)
    .join(' ');
}

test('Registers whose handlers run count against maxRegistrations', async () => {
  const gates: PromiseWithResolvers<undefined>[] = [];
  const called: string[] = [];
  const stage = await Stage.start({
    maxRegistrations: 2,
    onRegister: async ({ endpointName }) => {
      called.push(endpointName);
      const gate = Promise.withResolvers<undefined>();
      gates.push(gate);
      await gate.promise;
    },
  });
  const devices = [1, 2, 3].map((number) => stage.device(50_000 + number * 256));
  const [first, second, third] = devices;
  if (first === undefined || second === undefined || third === undefined) throw new Error('three devices');
  devices.forEach((device, index) => register(device, `dev${index}`));
  await stage.settle();
  expect(await answerOf(third)).toBe('ACK 5.03');
  expect(called).toEqual(['dev0', 'dev1']);
  // One that is refused by its handler gives its place back.
  gates[0]?.reject(new Error('no'));
  gates[1]?.resolve(undefined);
  expect(await answerOf(first)).toBe('ACK 5.03');
  expect(await answerOf(second)).toBe('ACK 2.01');
  register(third, 'dev2');
  await stage.settle();
  gates[2]?.resolve(undefined);
  expect(await answerOf(third)).toBe('ACK 2.01');
  register(first, 'dev0');
  expect(await answerOf(first)).toBe('ACK 5.03');
  // Who is registered keeps its place.
  register(second, 'dev1');
  await stage.settle();
  gates[3]?.resolve(undefined);
  expect(await answerOf(second)).toBe('ACK 2.01');
  expect([...stage.server.registrations()].map(({ endpointName }) => endpointName)).toEqual(['dev2', 'dev1']);
});

test('a Register whose handler throws at once gives its place back', async () => {
  let fail = true;
  const stage = await Stage.start({
    maxRegistrations: 1,
    onRegister: () => {
      if (fail) throw new Error('no');
    },
  });
  const device = stage.device();
  register(device, 'a');
  expect(await answerOf(device)).toBe('ACK 5.03');
  fail = false;
  register(device, 'b');
  expect(await answerOf(device)).toBe('ACK 2.01');
});
