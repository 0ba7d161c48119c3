// The clients, a process of their own: handshakes one after the other from new ports, or datagrams that come back.
import { once } from 'node:events';
import { udpTransport, type DatagramTransport, type Peer } from '@flownexus/datagram';
import { dtlsTransport, loadCredential, type DtlsTransport, type DtlsTransportOptions } from '@flownexus/dtls';
import { answerParent } from '../parent.ts';
import { Mutable } from './mutable.ts';
import { hasCid, isHandshake, pskOf, type LoadMessage, type LoadOrder } from './protocol.ts';

const HOST = '127.0.0.1';
const SUITE = { psk: 'PSK_WITH_AES_128_CCM_8', ecdsa: 'ECDHE_ECDSA_WITH_AES_128_CCM_8' } as const;

/** Clients so far that have an identity of their own. */
let clients = 0;

type ClientOptions = Pick<DtlsTransportOptions, 'client' | 'cipherSuites'>;

/** The options of one client after the other. */
function clientOptions({ mode, credentials }: LoadOrder): () => ClientOptions {
  const connectionIdLength = hasCid(mode) ? 0 : 'not-offered';
  if (!mode.startsWith('ecdsa')) {
    return () => ({ client: { psk: pskOf(clients++), connectionIdLength }, cipherSuites: [SUITE.psk] });
  }
  const credential = loadCredential({ privateKey: credentials.clientKey, certificate: credentials.clientCertificate });
  const x509 = { roots: [credentials.root] };
  return () => ({ client: { credential, x509, connectionIdLength }, cipherSuites: [SUITE.ecdsa] });
}

/** `count` handshakes, so many at a time, each from a port of its own. */
async function handshakes(order: LoadOrder, nextOptions: () => ClientOptions, count: number): Promise<void> {
  for (let left = count; left > 0; left -= order.concurrency) {
    const batch = Array.from({ length: Math.min(left, order.concurrency) }, () => {
      const lower = new Mutable(udpTransport({ host: HOST }));
      return { lower, transport: dtlsTransport({ ...nextOptions(), transport: lower }) };
    });
    // Sockets are opened and closed while no handshake is under way: the server is to be kept busy.
    await Promise.all(
      batch.map(({ transport }) => transport.open({ onDatagram: () => undefined, onPeerClosed: () => undefined })),
    );
    await Promise.all(batch.map(({ transport }) => transport.connect(HOST, order.port)));
    await Promise.all(
      batch.map(({ lower, transport }) => {
        lower.isMuted = true;
        return transport.close();
      }),
    );
  }
}

interface Party {
  readonly transport: DatagramTransport;
  readonly server: Peer;
  onEcho: () => void;
}

async function openParty(order: LoadOrder, nextOptions: () => ClientOptions): Promise<Party> {
  const udp = udpTransport({ host: HOST });
  const transport: DtlsTransport | typeof udp =
    order.mode === 'bare' ? udp : dtlsTransport({ ...nextOptions(), transport: udp });
  const echo = { heard: (): void => undefined };
  await transport.open({ onDatagram: () => echo.heard(), onPeerClosed: () => undefined });
  const server = await transport.connect(HOST, order.port);
  return {
    transport,
    server,
    set onEcho(heard: () => void) {
      echo.heard = heard;
    },
  };
}

/** `count` datagrams in all, one outstanding per party. */
function echoes(parties: readonly Party[], payload: Uint8Array, count: number): Promise<void> {
  let [unsent, unanswered] = [count, count];
  return new Promise((resolve) => {
    for (const party of parties) {
      const send = (): void => {
        if (unsent === 0) return;
        unsent -= 1;
        party.transport.send(party.server, payload);
      };
      party.onEcho = () => {
        unanswered -= 1;
        if (unanswered === 0) resolve();
        else send();
      };
      send();
    }
  });
}

const tell: (message: LoadMessage) => void = answerParent();
const [order] = (await once(process, 'message')) as [LoadOrder];
const nextOptions = clientOptions(order);
const parties = isHandshake(order.mode)
  ? []
  : await Promise.all(Array.from({ length: order.concurrency }, () => openParty(order, nextOptions)));
const payload = new Uint8Array(order.size);
process.on('message', (count: number) => {
  const work = isHandshake(order.mode) ? handshakes(order, nextOptions, count) : echoes(parties, payload, count);
  void work.then(() => {
    tell({ kind: 'done' });
  });
});
tell({ kind: 'ready' });
