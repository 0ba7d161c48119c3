import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';

/** What a socket reaches: IPv4, IPv6, or both. */
export type Reach = 'ipv4' | 'ipv6' | 'dual';

/** How a socket is bound. */
export interface BindOptions {
  readonly reach: Reach;
  readonly address: string;
  readonly port: number;
  /** Sockets bound to other addresses may have the port as well (SO_REUSEADDR). Default false. */
  readonly reuseAddr?: boolean;
  /** The size in bytes of the receive buffer. Default: that of the operating system. */
  readonly receiveBufferSize?: number | undefined;
  /** Gets the errors of the open socket. */
  readonly onError: (error: unknown) => void;
}

/** A socket that is bound. Rejects with the error of the operating system, and leaves no socket behind. */
export function bindSocket(options: BindOptions): Promise<Socket> {
  const { reach, address, port, reuseAddr = false, onError } = options;
  const socket = createSocket({
    type: reach === 'ipv4' ? 'udp4' : 'udp6',
    ipv6Only: reach === 'ipv6',
    reuseAddr,
    // Only addresses get here: asking the resolver for each datagram would cost more than sending it.
    lookup: (literal, _options, callback) => {
      callback(null, literal, reach === 'ipv4' ? 4 : 6);
    },
  });
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address, port }, () => {
      socket.removeAllListeners('error');
      socket.on('error', onError);
      sizeReceiveBuffer(socket, options);
      resolve(socket);
    });
  });
}

/**
 * A socket whose port sockets bound to other addresses may have as well. The operating system would let another such socket
 * take the address too; one that has it now is found as by `bindSocket`.
 */
export async function bindSharedSocket(options: BindOptions): Promise<Socket> {
  const probe = await bindSocket(options);
  const { port } = probe.address();
  await closeSocket(probe);
  return bindSocket({ ...options, port, reuseAddr: true });
}

export function closeSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.close(resolve);
  });
}

function sizeReceiveBuffer(socket: Socket, { receiveBufferSize, onError }: BindOptions): void {
  if (receiveBufferSize === undefined) return;
  try {
    socket.setRecvBufferSize(receiveBufferSize);
  } catch (error) {
    onError(error);
  }
}
