import { Lwm2mDevice, zephyrSampleObjects } from '@flownexus/lwm2m-client';
import type { ObjectRegistry } from '@flownexus/lwm2m-core';
import { onTestFinished } from 'vitest';

export interface BootstrappedDeviceOptions {
  readonly endpointName: string;
  readonly objects: ObjectRegistry;
  /** Of the bootstrap server: `coap` and `coaps` on the loopback. */
  readonly port: number;
  /** Undefined: plain CoAP. */
  readonly psk?: { readonly identity: string; readonly key: Uint8Array };
}

/** A device that knows a bootstrap server and nothing else; closed when the test has finished. Not started yet. */
export function bootstrappedDevice({ endpointName, objects, port, psk }: BootstrappedDeviceOptions): Lwm2mDevice {
  const tree = zephyrSampleObjects(objects, { serialNumber: '1', lifetime: 60 });
  tree.remove('/0');
  tree.remove('/1');
  tree.set('/0/0/0', `${psk === undefined ? 'coap' : 'coaps'}://127.0.0.1:${String(port)}`);
  tree.set('/0/0/1', true);
  tree.set('/0/0/2', psk === undefined ? 3 : 0);
  if (psk !== undefined) {
    tree.set('/0/0/3', new TextEncoder().encode(psk.identity));
    tree.set('/0/0/5', psk.key);
  }
  const device = new Lwm2mDevice({ endpointName, objects: tree, onTrouble: () => undefined });
  onTestFinished(() => device.close());
  return device;
}
