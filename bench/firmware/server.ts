// Files over our server's public API, under the orders of the process that measures it: `heap`, `cpu`.
import { rmSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { coap, CoapFiles, fileSource, Lwm2mServer } from '@flownexus/lwm2m-server';
import { usedBytes } from '../used-bytes.ts';
import { BLOCK_SIZE, FILE_NAME } from './pull.ts';
import { serveOrders } from '../lwm2m/serve-orders.ts';

/** Of 1024 bytes to who asks for them. */
const BLOCKS = { preferredBlockSize: BLOCK_SIZE };

const folder = mkdtempSync(join(tmpdir(), 'bench-files-'));
const path = join(folder, 'image');
writeFileSync(path, new Uint8Array(Number(process.argv[2])).fill(0x5a));
const source = await fileSource(path);
rmSync(folder, { recursive: true }); // it stays open

const files = new CoapFiles();
files.add(source, { name: FILE_NAME });
const server = new Lwm2mServer({
  endpoints: [coap({ host: '127.0.0.1', port: 0, receiveBufferSize: 4 * 1024 * 1024 })],
  objects: await ObjectRegistry.bundled(),
  resources: [files],
  peerSettings: () => BLOCKS,
});
await server.start();

async function answer(order: string): Promise<string> {
  switch (order) {
    case 'heap':
      return `heap ${await usedBytes()}`;
    case 'cpu': {
      const { user, system } = process.cpuUsage();
      return `cpu ${user + system}`;
    }
    default:
      throw new Error(`there is no order ${order}`);
  }
}

await serveOrders(server.addresses, answer);
