import { udpTransport } from '@flownexus/datagram';
import { MemoryNetwork, transportContract, VirtualClock } from '@flownexus/datagram/testing';
import type { TransportContractFixture } from '@flownexus/datagram/testing';
import { describe, test } from 'vitest';
import { addressIsMissing } from './loopback.ts';

function overUdp(listenHost: string | undefined, host: string): TransportContractFixture {
  const at = listenHost === undefined ? {} : { host: listenHost };
  return {
    host,
    listen: (port) => udpTransport({ ...at, port, receiveBufferSize: 1 << 20 }),
    client: () => udpTransport(at),
    drive: (work) => work,
  };
}

function overMemory(): TransportContractFixture {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, { latencyMs: 5 });
  let clients = 0;
  return {
    host: '10.0.0.1',
    listen: (port) => network.transport({ host: '10.0.0.1', port }),
    client: () => network.transport({ host: `10.0.1.${(clients += 1)}`, maxDatagramSize: 2000 }),
    drive: (work) => clock.runUntil(work),
  };
}

const noIpv6 = await addressIsMissing('::1');
const noDualStack = await addressIsMissing('::');
const because = (reason: string | undefined): string => (reason === undefined ? '' : ` (skipped: ${reason})`);

describe('memory transport', () => {
  for (const { name, run } of transportContract(overMemory)) test(name, run);
});

describe('UDP transport on IPv4', () => {
  for (const { name, run } of transportContract(() => overUdp('127.0.0.1', '127.0.0.1'))) test(name, run);
});

describe.skipIf(noIpv6 !== undefined)(`UDP transport on IPv6${because(noIpv6)}`, () => {
  for (const { name, run } of transportContract(() => overUdp('::1', '::1'))) test(name, run);
});

describe('UDP transport on all addresses, reached over IPv4', () => {
  for (const { name, run } of transportContract(() => overUdp(undefined, '127.0.0.1'))) test(name, run);
});

describe.skipIf(noDualStack !== undefined)(
  `UDP transport on all addresses, reached over IPv6${because(noDualStack)}`,
  () => {
    for (const { name, run } of transportContract(() => overUdp(undefined, '::1'))) test(name, run);
  },
);
