// A server over UDP and DTLS with its stores in SQLite, in a process of its own. Started with the file and the port (0: any free one); takes commands
// as lines, and says what happens as lines of JSON.
import { createInterface } from 'node:readline';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { coaps, Lwm2mServer } from '../../src/index.ts';
import { openSqliteStores } from '../../src/sqlite/index.ts';

const [file = '', port = '0', key = ''] = process.argv.slice(2);
const say = (event: string, more: object = {}): void => {
  process.stdout.write(`${JSON.stringify({ event, ...more })}\n`);
};

const stores = openSqliteStores({ file, onError: (error, context) => say('error', { context, error: String(error) }) });
await stores.credentials.set('dev', { mode: 'psk', identity: 'device-1', key: Buffer.from(key, 'hex') });
const endpoint = coaps({
  host: '127.0.0.1',
  port: Number(port),
  credentials: stores.credentials,
  associations: stores.associations,
});
const server = new Lwm2mServer({
  endpoints: [endpoint],
  objects: await ObjectRegistry.bundled(),
  observe: [{ path: '/3303/0/5700' }],
  registrationStore: stores.registrations,
  observationStore: stores.observations,
  operationStore: stores.operations,
  onError: (error, context) => say('error', { context, error: String(error) }),
});
server.on('registered', ({ endpointName, registrationId }) => say('registered', { endpointName, registrationId }));
server.on('updated', ({ registrationId }) => say('updated', { registrationId }));
server.on('notification', ({ initial, records }) => say('notification', { initial, value: records[0]?.value }));
server.on('operation', ({ id, state, attempts }) => say('operation', { id, state, attempts }));
await server.start();
say('started', {
  port: server.addresses[0]?.port,
  registrations: [...server.registrations()].map(({ registrationId }) => registrationId),
});

for await (const command of createInterface({ input: process.stdin })) {
  if (command.startsWith('read ')) await server.operations.add('dev', { kind: 'read', path: command.slice(5) });
  if (command === 'stop') break;
}
const handshakes = endpoint.statistics?.handshakesStarted;
await server.stop();
stores.close();
say('stopped', { handshakes });
process.exit();
