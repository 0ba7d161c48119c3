// What a server keeps of an association that says nothing: measured over many, with everything that has to do with them.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemClock } from '@flownexus/datagram';
import { MemoryNetwork } from '@flownexus/datagram/testing';
import { dtlsTransport } from '@flownexus/dtls';
import { Mutable } from './mutable.ts';
import { CID_LENGTH, PSK_KEY, pskOf } from './protocol.ts';

const CLIENTS_AT_ONCE = 50;
const SERVER = { host: '10.1.0.1', port: 5684 } as const;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of heap and buffers of one association over `count` of them. A fifth as many come before: what grows at first has grown then. */
export async function bytesPerAssociation(count: number): Promise<number> {
  // The clock of the system lets a process end that only waits for it.
  const alive = setInterval(() => undefined, 1000);
  const network = new MemoryNetwork(systemClock);
  const server = dtlsTransport({
    transport: network.transport(SERVER),
    server: { psk: () => PSK_KEY, connectionIdLength: CID_LENGTH },
    limits: { handshakeRatePerNetwork: 1e9, handshakeBurstPerNetwork: 1e9 },
  });
  await server.open({
    onDatagram: (peer, datagram) => {
      server.send(peer, datagram);
    },
    onPeerClosed: () => undefined,
  });
  let clients = 0;
  const connectOne = async (): Promise<void> => {
    clients += 1;
    const host = `10.0.${clients >> 8}.${clients & 0xff}`;
    const lower = new Mutable(network.transport({ host, port: 1024 }));
    const client = dtlsTransport({
      transport: lower,
      client: { psk: pskOf(clients), connectionIdLength: 0 },
      cipherSuites: ['PSK_WITH_AES_128_CCM_8'],
    });
    const echo = Promise.withResolvers<undefined>();
    await client.open({
      onDatagram: () => {
        echo.resolve(undefined);
      },
      onPeerClosed: () => undefined,
    });
    // The first datagram ends what waits for a repeated Finished.
    client.send(await client.connect(SERVER.host, SERVER.port), Uint8Array.of(1));
    await echo.promise;
    lower.isMuted = true;
    await client.close();
  };
  const connectMany = async (many: number): Promise<void> => {
    let left = many;
    const worker = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await connectOne();
      }
    };
    await Promise.all(Array.from({ length: CLIENTS_AT_ONCE }, worker));
  };
  await connectMany(Math.ceil(count / 5));
  const before = await usedBytes(network);
  const associations = server.statistics.associations;
  await connectMany(count);
  const after = await usedBytes(network);
  const added = server.statistics.associations - associations;
  if (added !== count) throw new Error(`${added} associations were added instead of ${count}`);
  await server.close();
  clearInterval(alive);
  return (after - before) / count;
}

/** After everything that is garbage has gone. The log of the network is as full as it gets, before and after. */
async function usedBytes(network: MemoryNetwork): Promise<number> {
  if (network.log.length === 0) throw new Error('nothing was sent');
  for (let turn = 0; turn < 4; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
