import type { Peer } from '@flownexus/datagram';
import { seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import {
  dtlsTransport,
  type DtlsTransport,
  type DtlsTransportOptions,
  type HandshakeFailure,
} from '../../src/index.ts';
import { credentialOf, pem, publicKeyOf } from '../transport/credentials.ts';
import { bytes, text } from '../transport/world.ts';
import { DirectLine } from './direct-line.ts';
import { forgetNonces } from './nonce-monitor.ts';

export const TARGET_KEY: Uint8Array = bytes('the key of dev1');

/** A server that is attacked, and all that it has said. */
export interface Target {
  readonly clock: VirtualClock;
  readonly line: DirectLine;
  readonly transport: DtlsTransport;
  /** Associations that began, by the address at which they did, `host:port`. */
  readonly associations: Map<string, Peer>;
  /** What came, by the key of its peer. */
  readonly heard: Map<string, string[]>;
  readonly failures: HandshakeFailure[];
  readonly errors: unknown[];
}

export const serverCredentials = {
  psk: (identity: string): Uint8Array | undefined => (/^dev\d*$/.test(identity) ? TARGET_KEY : undefined),
  credential: credentialOf('server'),
  x509: { roots: [pem('ca.crt')] },
  rawPublicKey: (key: Uint8Array): boolean => Buffer.compare(key, publicKeyOf('client')) === 0,
};

/** A server with everything: pre-shared keys for `dev1` and so on, certificates, raw keys, resumption, Connection IDs. */
export async function target(options: Partial<DtlsTransportOptions> = {}): Promise<Target> {
  forgetNonces();
  const clock = new VirtualClock({ wallTime: Date.UTC(2030, 0, 1) });
  const line = new DirectLine();
  const parts = { associations: new Map(), heard: new Map<string, string[]>(), failures: [], errors: [] };
  const made: Target = {
    clock,
    line,
    ...parts,
    transport: dtlsTransport({
      transport: line,
      clock,
      random: seededRandom(1),
      server: serverCredentials,
      cipherSuites: ['PSK_WITH_AES_128_CCM_8', 'ECDHE_ECDSA_WITH_AES_128_CCM_8', 'ECDHE_PSK_WITH_AES_128_GCM_SHA256'],
      onAssociation: (peer) => made.associations.set(`${peer.host}:${peer.port}`, peer),
      onHandshakeFailed: (failure) => made.failures.push(failure),
      onError: (error) => made.errors.push(error),
      ...options,
    }),
  };
  await made.transport.open({
    onDatagram: (peer, datagram) => {
      const all = made.heard.get(peer.key) ?? [];
      made.heard.set(peer.key, all);
      all.push(text(datagram) ?? '');
    },
    onPeerClosed: () => {},
  });
  return made;
}
