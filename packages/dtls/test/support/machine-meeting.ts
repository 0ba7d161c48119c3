import type { PeerIdentity } from '@flownexus/datagram';
import { seededRandom } from '@flownexus/datagram/testing';
import { expect } from 'vitest';
import type { AlertName } from '../../src/alert.ts';
import type { ClientContext, ServerContext } from '../../src/handshake/contexts.ts';
import type { PeerVerdict } from '../../src/handshake/machine.ts';
import type { CertificateMessage } from '../../src/messages/certificate.ts';
import { runPair, type PairAnswers, type PartyOutcome } from './machine-pair.ts';
import { credential, serverContext, type TestCredential } from './test-client-talk.ts';
import { clientContext } from './test-server-talk.ts';

/** Who takes part in meetings. Certificates are names that both sides know the keys of. */
export const credentials: Readonly<
  Record<'server' | 'serverP384' | 'device' | 'deviceP384' | 'stranger', TestCredential>
> = {
  server: credential(1, 'prime256v1'),
  serverP384: credential(2, 'secp384r1'),
  device: credential(3, 'prime256v1'),
  deviceP384: credential(4, 'secp384r1'),
  stranger: credential(5, 'prime256v1'),
};

/** Identities with their keys, as the server knows them. */
const pskKeys: Readonly<Record<string, Uint8Array>> = { dev1: Uint8Array.of(1, 1, 1), dev2: Uint8Array.of(2, 2) };

/** How a meeting differs from that of a device and a server that can do all and know each other. */
export interface MeetingOptions {
  readonly client?: Partial<ClientContext>;
  readonly server?: Partial<ServerContext>;
  /** The key that the client has. Default: that of `dev1`; `none` when it has none. */
  readonly clientKey?: Uint8Array | 'none';
  readonly cookie?: boolean;
}

/** What became of both sides. */
export interface Meeting {
  readonly client: PartyOutcome;
  readonly server: PartyOutcome;
}

const certified = { ...credentials.device, rawPublicKey: undefined };

/** A handshake of our client, which has a certificate, with our server. */
export function meet(options: MeetingOptions = {}): Meeting {
  const { clientKey = pskKeys['dev1'] } = options;
  return runPair({
    client: clientContext({ random: seededRandom(3), credential: certified, ...options.client }),
    server: serverContext({ credentialFor: () => credentials.server, ...options.server }),
    clientAnswers: { verifyPeer, lookUpPsk: () => (clientKey === 'none' ? undefined : clientKey) },
    serverAnswers: { verifyPeer, lookUpPsk: (identity) => pskKeys[new TextDecoder().decode(identity)] },
    cookie: options.cookie ?? true,
  });
}

/** What a verifier says of a credential that it knows. */
export function identityOf({ chain, rawPublicKey }: TestCredential, kind: 'x509' | 'rpk'): PeerIdentity {
  return kind === 'x509'
    ? { kind, certificate: chain?.[0] ?? new Uint8Array(0), commonName: undefined }
    : { kind, publicKey: rawPublicKey ?? new Uint8Array(0) };
}

const verifyPeer: PairAnswers['verifyPeer'] = (certificate): PeerVerdict => {
  const known = Object.entries(credentials).find(([name, own]) => name !== 'stranger' && shows(own, certificate));
  if (known === undefined) return { trusted: false, alert: 'unknown_ca', reason: 'a stranger' };
  const kind = certificate.type === 0 ? 'x509' : 'rpk';
  return { trusted: true, identity: identityOf(known[1], kind), publicKey: known[1].publicKey };
};

function shows({ chain, rawPublicKey }: TestCredential, certificate: CertificateMessage): boolean {
  const [shown, own] =
    certificate.type === 0 ? [certificate.chain[0], chain?.[0]] : [certificate.publicKey, rawPublicKey];
  return shown !== undefined && own !== undefined && Buffer.compare(shown, own) === 0;
}

/** Both sides are connected, agree on everything, and know each other as they should. */
export function expectConnected(
  { client, server }: Meeting,
  expected: { readonly clientIs: PeerIdentity; readonly serverIs: PeerIdentity; readonly resumed?: boolean },
): void {
  expect([client.error, server.error]).toEqual([undefined, undefined]);
  expect(client.connection).toMatchObject({ identity: expected.serverIs, resumed: expected.resumed ?? false });
  expect(server.connection).toMatchObject({ identity: expected.clientIs, resumed: expected.resumed ?? false });
  const agreed = (party: PartyOutcome): unknown => {
    const { suite, keys, masterSecret, clientRandom, serverName, maxPlaintext } = party.connection ?? {};
    return { suite: suite?.name, keys, masterSecret, clientRandom, serverName, maxPlaintext };
  };
  expect(agreed(client)).toEqual(agreed(server));
  expect(client.connection?.localCid).toEqual(server.connection?.peerCid);
  expect(client.connection?.peerCid).toEqual(server.connection?.localCid);
  // What the records get is what the connection says.
  for (const { secrets, connection } of [client, server]) expect(connection).toMatchObject(secrets ?? {});
}

/** One side refuses the other with an alert, and neither is connected. */
export function expectRefused({ client, server }: Meeting, by: 'client' | 'server', alert: AlertName): void {
  const [refusing, refused] = by === 'client' ? [client, server] : [server, client];
  expect(refusing.error?.alert).toBe(alert);
  expect(refused.error).toBeUndefined();
  expect([client.connection, server.connection]).toEqual([undefined, undefined]);
}
