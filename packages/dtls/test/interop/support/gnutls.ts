import { type ForeignServer, startServer } from './foreign-server.ts';
import { canRun, PeerProcess } from './peer-process.ts';

/** Why GnuTLS can't take part, or undefined when it can. */
export function gnutlsMissing(): string | undefined {
  return canRun('gnutls-cli', '--version') && canRun('gnutls-serv', '--version')
    ? undefined
    : 'gnutls-bin is not installed';
}

/** A priority of exactly one key exchange and cipher, and what is given with them. */
export function gnutlsPriority(...more: readonly string[]): string {
  const common = ['NONE', 'VERS-DTLS1.2', 'AEAD', 'SIGN-ALL', 'COMP-NULL', 'GROUP-ALL'];
  return [...common, ...more].join(':+');
}

/** `gnutls-cli` towards a port of this machine. What it is told goes to the server, what comes from there is said. */
export function gnutlsClient(port: number, args: readonly string[], host = '127.0.0.1'): PeerProcess {
  return PeerProcess.start({ file: 'gnutls-cli', args: ['--udp', '-p', String(port), host, ...args] });
}

/** `gnutls-serv` that sends back what it gets. */
export function gnutlsServer(args: readonly string[]): Promise<ForeignServer> {
  return startServer(
    (port) => ({ file: 'gnutls-serv', args: ['--udp', '--echo', '-p', String(port), ...args] }),
    /listening on IPv4 .*done/,
  );
}
