// A device whose bootstrap server is at the URI of its argument, in a process that does nothing else. Says what goes wrong.
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { Lwm2mDevice, ObjectTree } from '../../src/index.ts';

const [uri = ''] = process.argv.slice(2);
const objects = new ObjectTree(await ObjectRegistry.bundled());
objects.set('/0/0/0', uri);
objects.set('/0/0/1', true);
objects.set('/0/0/2', 3);
const device = new Lwm2mDevice({
  endpointName: 'device',
  objects,
  onTrouble: ({ message }) => void process.stdout.write(`${message}\n`),
});
await device.start();
