import { type ForeignServer, startServer } from './foreign-server.ts';
import { canRun, PeerProcess } from './peer-process.ts';

/** What libcoap is built with: each is a program of its own. */
export type LibcoapLibrary = 'openssl' | 'gnutls';

/** Why libcoap can't take part, or undefined when it can. */
export function libcoapMissing(library: LibcoapLibrary): string | undefined {
  return canRun(`coap-client-${library}`, '-h') && canRun(`coap-server-${library}`, '-h')
    ? undefined
    : 'libcoap3-bin is not installed';
}

/** Lets `coap-client` get a resource, and gives what it said. */
export function libcoapClient(library: LibcoapLibrary, port: number, args: readonly string[]): Promise<string> {
  const url = `coaps://127.0.0.1:${port}/x`;
  return PeerProcess.run({ file: `coap-client-${library}`, args: ['-v', '6', '-B', '15', ...args, '-m', 'get', url] });
}

/** `coap-server`: `port` is that of coaps, which comes after that of coap. */
export async function libcoapServer(library: LibcoapLibrary, args: readonly string[]): Promise<ForeignServer> {
  const { port, process } = await startServer(
    (free) => ({
      file: `coap-server-${library}`,
      args: ['-A', '127.0.0.1', '-p', String(free), '-v', '7', ...args],
    }),
    /created DTLS +endpoint/,
  );
  return { port: port + 1, process };
}
