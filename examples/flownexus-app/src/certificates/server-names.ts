import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { limits } from '../limits.ts';

/** Host names and IP addresses at which the server is. */
export interface ServerNames {
  readonly names: readonly [string, ...string[]];
  readonly addresses: readonly string[];
}

/** At which devices may look for the server: the host of its public URL, and the name and addresses of this machine. */
export function serverNames(publicUrl: string | undefined): ServerNames {
  const publicHost = publicUrl === undefined ? [] : [new URL(publicUrl).hostname.replace(/^\[(.*)\]$/, '$1')];
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    // What begins with fe80 is another machine behind each interface.
    .filter(({ address, internal }) => !internal && !/^fe80:/i.test(address))
    .map(({ address }) => address)
    .sort();
  const hosts = [...publicHost, hostname().toLowerCase(), 'localhost', '127.0.0.1', '::1', ...own];
  const known = [...new Set(hosts)].slice(0, limits.serverNames);
  const names = known.filter((host) => isIP(host) === 0 && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(host));
  const [first = 'localhost', ...others] = names;
  return { names: [first, ...others], addresses: known.filter((host) => isIP(host) !== 0) };
}
