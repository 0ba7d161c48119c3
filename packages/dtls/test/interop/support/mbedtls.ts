import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../../../../coap/test/interop/foreign-program.ts';
import { peersFolder } from '../../../../coap/test/interop/peers-folder.ts';
import { type ForeignServer, startServer } from './foreign-server.ts';
import { PeerProcess } from './peer-process.ts';

/** What its programs are told: `name=value`. */
export type MbedtlsOptions = Readonly<Record<string, string | number>>;

/** Why Mbed TLS can't take part, or undefined when it can. */
export function mbedtlsMissing(): string | undefined {
  return existsSync(program('udp_proxy')) ? undefined : 'scripts/install-peers.sh has not installed Mbed TLS';
}

/** Starts `ssl_client2` towards a port of the loopback interface. */
export function mbedtlsClient(port: number, options: MbedtlsOptions): PeerProcess {
  return PeerProcess.start(clientCommand(port, options));
}

/** Runs `ssl_client2` to its end and gives what it has said; rejects when it ends with an error. */
export function runMbedtlsClient(port: number, options: MbedtlsOptions): Promise<string> {
  return PeerProcess.run(clientCommand(port, options));
}

/** `ssl_server2`, with cookies. */
export function mbedtlsServer(options: MbedtlsOptions): Promise<ForeignServer> {
  return startServer(
    (port) => command('ssl_server2', { dtls: 1, server_addr: '127.0.0.1', server_port: port, ...options }),
    /Waiting for a remote connection/,
  );
}

/** `udp_proxy` in front of a port of the loopback interface. */
export function mbedtlsProxy(serverPort: number, options: MbedtlsOptions): Promise<ForeignServer> {
  const addresses = { server_addr: '127.0.0.1', server_port: serverPort, listen_addr: '127.0.0.1' };
  return startServer(
    (port) => command('udp_proxy', { ...addresses, listen_port: port, ...options }),
    /Waiting for a remote connection/,
  );
}

function clientCommand(port: number, options: MbedtlsOptions): Command {
  const common = { dtls: 1, server_addr: '127.0.0.1', server_port: port, server_name: 'localhost' };
  return command('ssl_client2', { ...common, ...options });
}

function command(name: string, options: MbedtlsOptions): Command {
  return { file: program(name), args: Object.entries(options).map(([option, value]) => `${option}=${value}`) };
}

function program(name: string): string {
  return join(peersFolder, 'mbedtls', 'bin', name);
}
