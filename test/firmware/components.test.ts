import { Code } from '@flownexus/coap';
import type { Clock } from '@flownexus/datagram';
import { FirmwareObject, Refusal, type ObjectTree } from '@flownexus/lwm2m-client';
import { formatExecuteArguments, type ObjectLink } from '@flownexus/lwm2m-core';
import { ADVANCED_FIRMWARE_UPDATE_OBJECT } from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { registry } from '../ets/testbed.ts';
import { firmwareBed, updated, type FirmwareBed } from './firmware-bed.ts';

registry.add(ADVANCED_FIRMWARE_UPDATE_OBJECT);

/** A device with two components, beside Object 5; `executed` has the arguments of each Execute. */
async function components(prepare: (tree: ObjectTree) => void = () => undefined): Promise<
  FirmwareBed & {
    readonly executed: string[];
    readonly parts: ReadonlyMap<number, FirmwareObject>;
    readonly tree: ObjectTree;
  }
> {
  const executed: string[] = [];
  const parts = new Map<number, FirmwareObject>();
  const firmware = await firmwareBed(
    {},
    {
      prepare: (tree, clock) => {
        new FirmwareObject(tree, { clock });
        for (const id of [0, 1]) {
          tree.set(`/33629/${id}/14`, id === 0 ? 'modem' : 'application');
          tree.set(`/33629/${id}/15`, '1.0');
          tree.onExecute(`/33629/${id}/2`, ({ path, arguments: args }) => {
            executed.push(`/33629/${path.objectInstanceId} ${formatExecuteArguments(args)}`);
          });
          parts.set(id, component(tree, clock, id));
        }
        prepare(tree);
      },
    },
  );
  return { ...firmware, executed, parts, tree: firmware.bed.tree };
}

function component(tree: ObjectTree, clock: Clock, id: number): FirmwareObject {
  return new FirmwareObject(tree, {
    clock,
    instance: `/33629/${id}`,
    install: () => tree.set(`/33629/${id}/15`, '2.0'),
  });
}

test('where a device has Object 33629, its first component is updated and not Object 5', async () => {
  const firmware = await components();
  const update = await updated(firmware, { version: '2.0' });
  expect(update).toMatchObject({ state: 'SUCCEEDED', objectId: 33_629, instanceId: 0, evidence: 'version' });
  expect(firmware.executed).toEqual(['/33629/0 ']);
});

test('a component alone, or together with others', async () => {
  const firmware = await components();
  expect(await updated(firmware, { target: '/33629/1', linkedInstances: [] })).toMatchObject({ state: 'SUCCEEDED' });
  expect(await updated(firmware, { target: '/33629/1', linkedInstances: [0] })).toMatchObject({ state: 'SUCCEEDED' });
  expect(firmware.executed).toEqual(['/33629/1 0', "/33629/1 0='</33629/0>'"]);
});

test('packages of two components are delivered one after another, and installed together', async () => {
  const firmware = await components();
  const modem = await updated(firmware, { target: '/33629/0', install: false });
  expect(modem).toMatchObject({ state: 'SUCCEEDED', evidence: 'downloaded' });
  expect(firmware.executed).toEqual([]);
  expect(firmware.parts.get(0)?.state).toBe(2);
  await updated(firmware, { target: '/33629/1', linkedInstances: [0] });
  expect(firmware.executed).toEqual(["/33629/1 0='</33629/0>'"]);
});

test('a component that conflicts with another is not installed before that is done', async () => {
  const firmware = await components();
  const conflict: ObjectLink = { objectId: 33_629, objectInstanceId: 1 };
  firmware.tree.set('/33629/0/17', new Map([[0, conflict]]));
  firmware.updater.on('changed', ({ state }) => {
    if (state === 'RETRYING') firmware.tree.set('/33629/0/17', new Map());
  });
  const update = await updated(firmware, { target: '/33629/0' });
  expect(update).toMatchObject({ state: 'SUCCEEDED', attempts: 2 });
  expect(firmware.states).toContain('RETRYING conflicting-state');
  // The package was delivered once.
  expect(firmware.states.filter((state) => state === 'DELIVERING')).toHaveLength(1);
  expect(firmware.executed).toHaveLength(1);
});

test('a component that conflicts with one that is installed together with it', async () => {
  const firmware = await components();
  firmware.tree.set('/33629/0/17', new Map([[0, { objectId: 33_629, objectInstanceId: 1 }]]));
  const update = await updated(firmware, { target: '/33629/0', linkedInstances: [1] });
  expect(update).toMatchObject({ state: 'SUCCEEDED', attempts: 1 });
});

test.each([
  [12, 'FAILED', 'conflicting-state', 3],
  [13, 'FAILED', 'dependency', 1],
])('Result %i of a component', async (result, state, reason, attempts) => {
  const firmware = await components((tree) => {
    tree.onExecute('/33629/0/2', ({ afterAnswer }) => afterAnswer(() => tree.set('/33629/0/5', result)));
  });
  firmware.parts.get(0)?.close();
  firmware.tree.onWrite('/33629/0', ({ content }) => {
    if (content === undefined) throw new Refusal(Code.METHOD_NOT_ALLOWED, 'not now');
    firmware.tree.set('/33629/0/3', (content as Uint8Array).length === 0 ? 0 : 2);
    firmware.tree.set('/33629/0/5', 0);
  });
  const update = await updated(firmware, { target: '/33629/0' });
  expect(update).toMatchObject({ state, attempts, failure: { reason, result } });
});

/** Object 9: what is written is delivered at once, and installed at once. */
function software(tree: ObjectTree, log: string[], results: readonly number[] = []): void {
  const enter = (state: number, result: number): void => {
    tree.set('/9/0/7', state);
    tree.set('/9/0/9', result);
  };
  let delivered = 0;
  tree.set('/9/0/0', 'app');
  tree.set('/9/0/1', '1.0');
  tree.set('/9/0/2', new Uint8Array(0));
  tree.set('/9/0/3', '');
  tree.set('/9/0/12', true);
  enter(4, 2);
  tree.onWrite('/9/0/2', ({ content }) => {
    log.push(`package of ${(content as Uint8Array).length} bytes in State ${tree.content('/9/0/7') as number}`);
    const result = results[delivered++] ?? 3;
    enter(result === 3 ? 3 : 0, result);
  });
  tree.onExecute('/9/0/4', () => {
    log.push('install');
    if (tree.content('/9/0/7') !== 3) throw new Refusal(Code.METHOD_NOT_ALLOWED, 'not now');
    enter(4, 2);
    tree.set('/9/0/1', '2.0');
  });
  tree.onExecute('/9/0/6', ({ arguments: args }) => {
    log.push(`uninstall ${formatExecuteArguments(args)}`);
    enter(0, 0);
  });
  tree.onExecute('/9/0/10', () => void log.push('activate'));
}

test('software is prepared for the new package, delivered, installed and activated', async () => {
  const log: string[] = [];
  const firmware = await firmwareBed({}, { prepare: (tree) => software(tree, log) });
  const update = await updated(firmware, { target: '/9/0', version: '2.0' });
  await firmware.bed.clock.settle();
  expect(update).toMatchObject({ state: 'SUCCEEDED', evidence: 'version', objectId: 9 });
  expect(log).toEqual(['uninstall 1', 'package of 3000 bytes in State 0', 'install', 'activate']);
});

test('software of the version that is there already is left alone', async () => {
  const log: string[] = [];
  const firmware = await firmwareBed({}, { prepare: (tree) => software(tree, log) });
  const update = await updated(firmware, { target: '/9/0', version: '1.0', activate: false });
  expect(update).toMatchObject({ state: 'SUCCEEDED', evidence: 'version' });
  expect(log).toEqual([]);
});

test.each([
  [50, 'not-enough-flash', 1],
  [53, 'integrity', 1],
  [52, 'connection-lost', 3],
])('Update Result %i of software', async (result, reason, attempts) => {
  const log: string[] = [];
  const firmware = await firmwareBed({}, { prepare: (tree) => software(tree, log, [result, result, result]) });
  const update = await updated(firmware, { target: '/9/0', activate: false });
  expect(update).toMatchObject({ state: 'FAILED', attempts, failure: { reason, result } });
  expect(log.filter((line) => line.startsWith('package'))).toHaveLength(attempts);
});
