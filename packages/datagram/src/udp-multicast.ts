import type { RemoteInfo, Socket } from 'node:dgram';
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { checkPort, formatAddress } from './address.ts';
import { TransportError } from './errors.ts';
import { DatagramLimits } from './limits.ts';
import { canonicalAddress, isMulticastAddress } from './udp-address.ts';
import { bindSocket, closeSocket, type Reach } from './udp-socket.ts';

/** Which groups a UDP transport joins when it is opened, and how it sends to groups. */
export interface UdpMulticastOptions {
  /** IP addresses of groups: `224.0.1.187`, `ff05::fd`. None for a transport that only sends to groups. */
  readonly groups: readonly string[];
  /**
   * The network interface, by its name (`eth0`) or an IP address of it. Default: that of the address that the transport
   * listens on, or what the operating system takes when it listens on all. Groups of the scope of a link or an interface
   * (`ff02::fd`, `ff01::fd`) need one.
   */
  readonly interface?: string;
  /** Where the groups are heard. Default: the port that the transport listens on. */
  readonly port?: number;
  /** Whether what is sent to a group reaches its members on this machine. Default true. */
  readonly loopback?: boolean;
  /**
   * How many hops a datagram to a group goes, 0 to 255. Default 1: it stays in the network. On a transport for all addresses
   * this and `loopback` count for IPv6 groups only.
   */
  readonly ttl?: number;
}

/** Throws a `RangeError` for options that can't be meant. */
export function checkMulticast({ groups, port, ttl }: UdpMulticastOptions): void {
  if (port !== undefined) checkPort(port, 1);
  if (groups.length > DatagramLimits.maxGroups) {
    throw new RangeError(`a transport joins at most ${DatagramLimits.maxGroups} groups, not ${groups.length}`);
  }
  for (const group of groups) {
    if (!isMulticastAddress(group)) throw new RangeError(`${group} is not the IP address of a group`);
  }
  if (ttl !== undefined && !(Number.isInteger(ttl) && ttl >= 0 && ttl <= 255)) {
    throw new RangeError(`ttl must be a whole number from 0 to 255, is ${ttl}`);
  }
}

/** Whether a socket bound to `address` stands in the way of those of the groups: it is bound to all addresses at their port. */
export function sharesPort({ groups, port }: UdpMulticastOptions, address: string, ownPort: number): boolean {
  return groups.length > 0 && isUnspecified(address) && (port === undefined || port === ownPort);
}

export interface JoinOptions {
  readonly multicast: UdpMulticastOptions;
  /** The transport's own socket, which sends. */
  readonly socket: Socket;
  readonly reach: Reach;
  readonly receiveBufferSize?: number | undefined;
  readonly onMessage: (message: Buffer, from: RemoteInfo) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Joins the groups and lets the socket of the transport send to groups. Rejects with a `TransportError`
 * (`ERR_DATAGRAM_MULTICAST`), and leaves no socket behind but that of the transport.
 *
 * Node does not tell where a datagram was sent to. So each group has a socket that is bound to the group's address, and
 * hears nothing else.
 */
export async function joinGroups(options: JoinOptions): Promise<readonly Socket[]> {
  const { multicast, socket } = options;
  const joined: Socket[] = [];
  let doing = 'sending to groups';
  try {
    const { address, port } = socket.address();
    const on = findInterface(multicast.interface ?? (isUnspecified(address) ? undefined : address));
    prepareSending(options, on);
    for (const group of new Set(multicast.groups)) {
      doing = `joining ${formatAddress(group, multicast.port ?? port)}`;
      joined.push(await joinGroup(options, group, on));
    }
    return joined;
  } catch (cause) {
    await Promise.all(joined.map(closeSocket));
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TransportError('ERR_DATAGRAM_MULTICAST', `${doing} is not possible: ${reason}`, { cause });
  }
}

/** A network interface as each family names it. */
interface InterfaceNames {
  readonly address: string | undefined;
  readonly zone: string | undefined;
}

function findInterface(wanted: string | undefined): InterfaceNames {
  if (wanted === undefined) return { address: undefined, zone: undefined };
  const [host, zone] = (canonicalAddress(wanted) ?? wanted).split('%', 2);
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    if (name !== host && name !== zone && !addresses.some(({ address }) => address === host)) continue;
    const first = addresses.find(({ family }) => family === 'IPv4')?.address;
    return { address: isIPv4(wanted) ? wanted : first, zone: name };
  }
  // Not all that an interface answers to is in the list: 127.0.0.2 is not.
  if (isIPv4(wanted)) return { address: wanted, zone: undefined };
  throw new Error(`this machine has no network interface ${wanted}`);
}

function prepareSending({ multicast, socket, reach }: JoinOptions, { address, zone }: InterfaceNames): void {
  if (reach !== 'ipv6' && address !== undefined) socket.setMulticastInterface(address);
  if (reach !== 'ipv4' && zone !== undefined) socket.setMulticastInterface(`::%${zone}`);
  if (multicast.loopback !== undefined) socket.setMulticastLoopback(multicast.loopback);
  if (multicast.ttl !== undefined) socket.setMulticastTTL(multicast.ttl);
}

async function joinGroup(options: JoinOptions, group: string, on: InterfaceNames): Promise<Socket> {
  const { multicast, socket, reach, receiveBufferSize, onMessage, onError } = options;
  const family = isIPv4(group) ? 'ipv4' : 'ipv6';
  if (reach !== 'dual' && reach !== family)
    throw new Error(`the transport listens on an ${familyNames[reach]} address`);
  const scoped = family === 'ipv6' && on.zone !== undefined ? `%${on.zone}` : '';
  const member = await bindSocket({
    reach: family,
    address: group + scoped,
    port: multicast.port ?? socket.address().port,
    // Members on one machine share the group's address, and each hears what is sent to it.
    reuseAddr: true,
    receiveBufferSize,
    onError,
  });
  try {
    const where = family === 'ipv4' ? on.address : scoped === '' ? undefined : `::${scoped}`;
    member.addMembership(group, where);
    if (isUnspecified(socket.address().address)) deafen(socket, family, group, where);
    member.on('message', onMessage);
    return member;
  } catch (error) {
    await closeSocket(member);
    throw error;
  }
}

const familyNames = { ipv4: 'IPv4', ipv6: 'IPv6' } as const;

/**
 * A socket bound to all addresses hears, on Linux, every group that anyone on the machine has joined. One that has joined a
 * group for a single source hears that source only (RFC 3678 §4.1.1); these can not be the source of a datagram
 * (RFC 1122 §3.2.1.3, RFC 4291 §2.7).
 */
function deafen(socket: Socket, family: 'ipv4' | 'ipv6', group: string, where: string | undefined): void {
  socket.addSourceSpecificMembership(family === 'ipv4' ? '255.255.255.255' : 'ff02::1', group, where);
}

function isUnspecified(address: string): boolean {
  return address === '::' || address === '0.0.0.0';
}
