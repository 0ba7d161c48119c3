import { udpTransport } from '@flownexus/datagram';
import { MemoryNetwork, multicastContract, transportContract, VirtualClock } from '@flownexus/datagram/testing';
import type { MulticastContractFixture } from '@flownexus/datagram/testing';
import { describe, test } from 'vitest';
import { addressIsMissing, ipv4Place, ipv6Place, multicastIsMissing } from './loopback.ts';
import type { MulticastPlace } from './loopback.ts';

function overUdp(place: MulticastPlace, listenHost?: string): MulticastContractFixture {
  const sending = { interface: place.interface, groups: [] };
  return {
    host: place.host,
    group: place.group,
    listen: (port) =>
      udpTransport({
        ...(listenHost === undefined ? {} : { host: listenHost }),
        port,
        multicast: { ...sending, groups: [place.group] },
        receiveBufferSize: 1 << 20,
      }),
    client: () => udpTransport({ host: place.host, multicast: sending }),
    drive: (work) => work,
  };
}

function overMemory(): MulticastContractFixture {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, { latencyMs: 5 });
  let clients = 0;
  return {
    host: '10.0.0.1',
    group: '224.0.1.187',
    listen: (port) => network.transport({ host: '10.0.0.1', port, groups: ['224.0.1.187'] }),
    client: () => network.transport({ host: `10.0.1.${(clients += 1)}`, maxDatagramSize: 2000 }),
    drive: (work) => clock.runUntil(work),
  };
}

const noMulticast = await multicastIsMissing(ipv4Place);
const noDualStack = await addressIsMissing('::');
const ipv6 = await ipv6Place();
const noIpv6 = ipv6 === undefined ? 'no interface carries IPv6 multicast' : undefined;
const because = (reason: string | undefined): string => (reason === undefined ? '' : ` (skipped: ${reason})`);

describe('memory transport in a group', () => {
  for (const { name, run } of [...multicastContract(overMemory), ...transportContract(overMemory)]) test(name, run);
});

describe.skipIf(noMulticast !== undefined)(`UDP transport in a group${because(noMulticast)}`, () => {
  const setup = (): MulticastContractFixture => overUdp(ipv4Place, ipv4Place.host);
  for (const { name, run } of [...multicastContract(setup), ...transportContract(setup)]) test(name, run);
});

describe.skipIf(noMulticast !== undefined)(
  `UDP transport on all IPv4 addresses in a group${because(noMulticast)}`,
  () => {
    const setup = (): MulticastContractFixture => overUdp(ipv4Place, '0.0.0.0');
    for (const { name, run } of [...multicastContract(setup), ...transportContract(setup)]) test(name, run);
  },
);

const noDual = noMulticast ?? noDualStack;
describe.skipIf(noDual !== undefined)(`UDP transport on all addresses in an IPv4 group${because(noDual)}`, () => {
  const setup = (): MulticastContractFixture => overUdp(ipv4Place);
  for (const { name, run } of [...multicastContract(setup), ...transportContract(setup)]) test(name, run);
});

describe.skipIf(noIpv6 !== undefined)(`UDP transport in an IPv6 group${because(noIpv6)}`, () => {
  const setup = (): MulticastContractFixture => overUdp(ipv6 ?? ipv4Place, ipv6?.host);
  for (const { name, run } of [...multicastContract(setup), ...transportContract(setup)]) test(name, run);
});

describe.skipIf(noIpv6 !== undefined)(`UDP transport on all addresses in an IPv6 group${because(noIpv6)}`, () => {
  const setup = (): MulticastContractFixture => overUdp(ipv6 ?? ipv4Place);
  for (const { name, run } of [...multicastContract(setup), ...transportContract(setup)]) test(name, run);
});
