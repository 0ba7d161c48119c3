// The server that is measured, a process of its own.
import { once } from 'node:events';
import { udpTransport, type DatagramTransport } from '@flownexus/datagram';
import { dtlsTransport, loadCredential, type DtlsTransportOptions } from '@flownexus/dtls';
import { microsPerCall } from '../interleave.ts';
import { forPrimitives } from './credentials.ts';
import { ecdsaFloor, pskFloor, recordFloor } from './floors.ts';
import { CID_LENGTH, hasCid, PSK_KEY, type Order, type ServerMessage } from './protocol.ts';

function tell(message: ServerMessage): void {
  process.send?.(message);
}

function dtls(order: Order): DatagramTransport {
  const { credentials, mode } = order;
  const connectionIdLength = hasCid(mode) ? CID_LENGTH : 0;
  const limits = { handshakeRatePerNetwork: 1e9, handshakeBurstPerNetwork: 1e9 };
  const server: NonNullable<DtlsTransportOptions['server']> = mode.startsWith('ecdsa')
    ? {
        credential: loadCredential({ privateKey: credentials.serverKey, certificate: credentials.serverCertificate }),
        x509: { roots: [credentials.root] },
        connectionIdLength,
      }
    : { psk: () => PSK_KEY, connectionIdLength };
  return dtlsTransport({ transport: udpTransport({ host: '127.0.0.1' }), server, limits });
}

/** Opens and seals nothing but the payload: what an echo of records can't do without. */
function bare(order: Order): { readonly transport: DatagramTransport; readonly perDatagram: () => unknown } {
  return { transport: udpTransport({ host: '127.0.0.1' }), perDatagram: recordFloor(order.size) };
}

function floorOf(order: Order): () => unknown {
  if (order.mode.startsWith('psk')) return pskFloor();
  if (order.mode.startsWith('ecdsa')) return ecdsaFloor(forPrimitives(order.credentials));
  return recordFloor(order.size);
}

process.on('disconnect', () => process.exit());
const [order] = (await once(process, 'message')) as [Order];
const { transport, perDatagram } =
  order.mode === 'bare' ? bare(order) : { transport: dtls(order), perDatagram: () => undefined };
await transport.open({
  onDatagram: (peer, datagram) => {
    perDatagram();
    transport.send(peer, datagram);
  },
  onPeerClosed: () => undefined,
});
const floor = floorOf(order);
process.on('message', (question: 'cpu' | { readonly floorMs: number }) => {
  if (question === 'cpu') {
    const { user, system } = process.cpuUsage();
    tell({ kind: 'cpu', micros: user + system });
  } else tell({ kind: 'floor', micros: microsPerCall(floor, question.floorMs) });
});
tell({ kind: 'listening', port: transport.localAddress?.port ?? 0 });
