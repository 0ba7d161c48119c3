import { BlockList, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isLoopback } from '../http/loopback.ts';

export type Interfaces = ReturnType<typeof networkInterfaces>;

/**
 * The host at which a device reaches what listens at `listening`; undefined when it can not, or when nobody knows. `device` is the address of the device;
 * undefined: it is not known.
 */
export function hostFor(
  listening: string,
  device: string | undefined,
  interfaces: () => Interfaces = networkInterfaces,
): string | undefined {
  const address = device?.replace(/^::ffff:(?=\d+\.)/i, '');
  if (isLoopback(listening)) return address !== undefined && isLoopback(address) ? listening : undefined;
  if (listening !== '::' && listening !== '0.0.0.0') return listening;
  if (address !== undefined && isLoopback(address)) return isIPv6(address) && listening === '::' ? '::1' : '127.0.0.1';
  const family = address !== undefined && isIPv6(address) ? 'IPv6' : 'IPv4';
  // A link-local address is none without the name of its interface.
  const own = Object.values(interfaces()).flatMap((each) => each ?? []).filter((each) => !each.internal && each.family === family && !each.address.startsWith('fe80:')); // prettier-ignore
  return (own.find(({ cidr }) => cidr !== null && address !== undefined && isIn(cidr, address)) ?? own[0])?.address;
}

function isIn(cidr: string, address: string): boolean {
  const [net = '', bits] = cidr.split('/');
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(net, Number(bits), family);
  return list.check(address, family);
}
