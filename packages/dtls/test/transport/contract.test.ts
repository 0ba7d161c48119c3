import { udpTransport } from '@flownexus/datagram';
import { MemoryNetwork, transportContract, VirtualClock } from '@flownexus/datagram/testing';
import type { TransportContractFixture } from '@flownexus/datagram/testing';
import { describe, test } from 'vitest';
import { dtlsTransport } from '../../src/index.ts';
import { KEY } from './world.ts';

const server = { psk: (): Uint8Array => KEY };
const client = { psk: { identity: 'dev1', key: KEY } };

function overMemory(connectionIdLength: number): TransportContractFixture {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, { latencyMs: 5 });
  let clients = 0;
  return {
    host: '10.0.0.1',
    listen: (port) =>
      dtlsTransport({
        transport: network.transport({ host: '10.0.0.1', port }),
        clock,
        server: { ...server, connectionIdLength },
      }),
    client: () =>
      dtlsTransport({
        transport: network.transport({ host: `10.0.1.${(clients += 1)}`, maxDatagramSize: 2000 }),
        clock,
        client,
      }),
    drive: (work) => clock.runUntil(work),
  };
}

function overUdp(): TransportContractFixture {
  return {
    host: '127.0.0.1',
    listen: (port) => dtlsTransport({ transport: udpTransport({ host: '127.0.0.1', port }), server }),
    client: () => dtlsTransport({ transport: udpTransport({ host: '127.0.0.1' }), client }),
    drive: (work) => work,
  };
}

describe('DTLS over memory', () => {
  for (const { name, run } of transportContract(() => overMemory(6))) test(name, run);
});

describe('DTLS over memory, without Connection IDs', () => {
  for (const { name, run } of transportContract(() => overMemory(0))) test(name, run);
});

describe('DTLS over UDP', () => {
  for (const { name, run } of transportContract(overUdp)) test(name, run);
});
