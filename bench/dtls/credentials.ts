// Who is who in the benchmarks: made anew in each process from nothing but this file, so that both sides agree.
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { testCertificate } from '@flownexus/dtls/testing';

/** What a server and its client show each other, as PEM, so that it can be sent to the other process. */
export interface Credentials {
  readonly root: string;
  readonly serverCertificate: string;
  readonly serverKey: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
}

/** Credentials as the primitives take them. */
export interface ServerCredentials {
  readonly privateKey: KeyObject;
  readonly root: string;
  readonly clientCertificate: string;
  readonly clientKey: KeyObject;
}

/** New ones: a root, a server and a client on P-256. */
export function newCredentials(): Credentials {
  const root = testCertificate({ commonName: 'root', authority: true });
  const server = testCertificate({ commonName: 'server', issuer: root, addresses: ['127.0.0.1'] });
  const client = testCertificate({ commonName: 'client', issuer: root });
  return {
    root: root.pem,
    serverCertificate: server.pem,
    serverKey: server.privateKeyPem,
    clientCertificate: client.pem,
    clientKey: client.privateKeyPem,
  };
}

/** Loaded once: a key that is given as text each time costs more than the signature. */
export function forPrimitives(credentials: Credentials): ServerCredentials {
  return {
    privateKey: createPrivateKey(credentials.serverKey),
    root: credentials.root,
    clientCertificate: credentials.clientCertificate,
    clientKey: createPrivateKey(credentials.clientKey),
  };
}
