import { networkInterfaces } from 'node:os';
import { udpTransport } from '@flownexus/datagram';
import type { UdpMulticastOptions } from '@flownexus/datagram';
import { DatagramRecorder } from '@flownexus/datagram/testing';

/** Why this machine can't bind `host`, or `undefined` when it can. */
export async function addressIsMissing(host: string): Promise<string | undefined> {
  const transport = udpTransport({ host });
  try {
    await transport.open({ onDatagram: () => {}, onPeerClosed: () => {} });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await transport.close();
  }
}

/** A group, and an address of the interface that carries it. */
export interface MulticastPlace {
  readonly host: string;
  readonly group: string;
  readonly interface: string;
}

export const ipv4Place: MulticastPlace = { host: '127.0.0.1', group: '224.0.1.187', interface: '127.0.0.1' };

/** A place for IPv6: the loopback interface of most machines has none. What is sent to `ff01::fd` never leaves the machine. */
export async function ipv6Place(): Promise<MulticastPlace | undefined> {
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    const host = addresses.find(({ family, scopeid }) => family === 'IPv6' && scopeid === 0)?.address;
    if (host === undefined) continue;
    const place = { host, group: 'ff01::fd', interface: name };
    if ((await multicastIsMissing(place)) === undefined) return place;
  }
  return undefined;
}

/** Why this machine can't send to itself through a group, or `undefined` when it can. */
export async function multicastIsMissing(place: MulticastPlace): Promise<string | undefined> {
  const heard = new DatagramRecorder();
  const multicast: UdpMulticastOptions = { groups: [place.group], interface: place.interface };
  let onError: (error: unknown) => void = () => {};
  const failed = new Promise((_resolve, reject) => {
    onError = reject;
  });
  const transport = udpTransport({
    host: place.host,
    multicast,
    onError: (error) => {
      onError(error);
    },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    await transport.open(heard);
    transport.send(await transport.connect(place.group, transport.localAddress?.port ?? 0), Uint8Array.of(1));
    const silence = new Promise((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`nothing comes back from ${place.group}`));
      }, 500);
    });
    await Promise.race([heard.count(1), failed, silence]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
    await transport.close();
  }
}
