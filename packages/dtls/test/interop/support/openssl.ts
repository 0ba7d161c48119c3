import { type ForeignServer, startServer } from './foreign-server.ts';
import { canRun, PeerProcess } from './peer-process.ts';

/** Why OpenSSL can't take part, or undefined when it can. */
export function opensslMissing(): string | undefined {
  return canRun('openssl', 'version') ? undefined : 'openssl is not installed';
}

/** `openssl s_client` towards a port of the loopback interface. What it is told goes to the server, what comes from there is said. */
export function opensslClient(port: number, args: readonly string[]): PeerProcess {
  const common = ['s_client', '-dtls1_2', '-connect', `127.0.0.1:${port}`, '-verify_return_error'];
  return PeerProcess.start({ file: 'openssl', args: [...common, ...args] });
}

/** `openssl s_server`, with cookies. */
export function opensslServer(args: readonly string[]): Promise<ForeignServer> {
  return startServer((port) => {
    const common = ['s_server', '-dtls1_2', '-accept', `127.0.0.1:${port}`, '-listen'];
    return { file: 'openssl', args: [...common, ...args] };
  }, /ACCEPT/);
}
