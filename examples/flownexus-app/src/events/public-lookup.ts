import { lookup, type LookupAddress } from 'node:dns';
import { BlockList, isIPv6, type LookupFunction } from 'node:net';

/** IPv4 addresses written as IPv6 ones in a form that has long been given up (RFC 4291 §2.5.5.1): the library that filters addresses takes them for public. */
const compatible = new BlockList();
compatible.addSubnet('::', 96, 'ipv6');

/** Whether an address is an IPv4-compatible IPv6 address. */
export function isIpv4Compatible(address: string): boolean {
  return isIPv6(address) && compatible.check(address, 'ipv6');
}

/** Looks names up as Node does, and fails for a name that leads to an IPv4-compatible IPv6 address. */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, options, (error, found: string | LookupAddress[], family) => {
    const addresses = typeof found === 'string' ? [found] : (found as LookupAddress[] | undefined ?? []).map(({ address }) => address); // prettier-ignore
    const refused = addresses.find(isIpv4Compatible);
    if (error === null && refused !== undefined) callback(new Error(`${refused} is not allowed`), '');
    else callback(error, found, family);
  });
};
