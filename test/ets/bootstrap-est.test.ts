import { loadCredential } from '@flownexus/dtls';
import { testCertificate, type TestCertificate } from '@flownexus/dtls/testing';
import {
  MemoryCredentialStore,
  serverAccount,
  type BootstrapConfiguration,
  type EnrollmentRequest,
} from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { BOOTSTRAP_SERVER, BootstrapBed, type ServerSecurity } from './bootstrap-bed.ts';
import { ENDPOINT_NAME, SERVER, type Contents } from './testbed.ts';

/** A server to which devices prove certificates of an authority. */
function byCertificate(own: TestCertificate, authority: TestCertificate): ServerSecurity {
  const credentials = new MemoryCredentialStore();
  credentials.set(ENDPOINT_NAME, { mode: 'x509', commonName: ENDPOINT_NAME });
  const credential = loadCredential({ privateKey: own.privateKey, certificate: own.der });
  return { credentials, dtls: { credential, x509: { roots: [authority.der] } } };
}

/** The SubjectPublicKeyInfo in a CertificationRequest: of a key on P-256 it always begins with the same bytes. */
function publicKeyIn({ certificationRequest }: EnrollmentRequest): Uint8Array {
  const request = Buffer.from(certificationRequest);
  const start = request.indexOf(Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107', 'hex'));
  return request.subarray(start, start + 91);
}

test('1.1-int-10 Client Initiated Bootstrap Full (EST)', async () => {
  const factory = testCertificate({ commonName: 'factory', authority: true });
  const operator = testCertificate({ commonName: 'operator', authority: true });
  const ofFactory = testCertificate({ commonName: ENDPOINT_NAME, issuer: factory });
  const ofBootstrap = testCertificate({ commonName: 'bootstrap', issuer: factory, addresses: [BOOTSTRAP_SERVER.host] });
  const ofServer = testCertificate({ commonName: 'server', issuer: operator, addresses: [SERVER.host] });
  const accounts: Contents = {
    '/0/1/0': `coaps://${BOOTSTRAP_SERVER.host}:${BOOTSTRAP_SERVER.port}`,
    '/0/1/1': true,
    '/0/1/2': 2,
    '/0/1/3': ofFactory.der,
    '/0/1/4': ofBootstrap.der,
    '/0/1/5': ofFactory.privateKey.export({ format: 'der', type: 'pkcs8' }),
  };
  const configuration: BootstrapConfiguration = {
    deletes: [],
    instances: serverAccount({
      shortServerId: 1,
      uri: `coaps://${SERVER.host}:${SERVER.port}`,
      security: { mode: 'est', serverCertificate: operator.der, certificateUsage: 2 },
      securityInstanceId: 0,
      serverInstanceId: 0,
    }),
  };
  const asked: EnrollmentRequest[] = [];
  const bed = await BootstrapBed.registered({
    bootstrapSecurity: byCertificate(ofBootstrap, factory),
    serverSecurity: byCertificate(ofServer, operator),
    bootstrap: {
      est: {
        authorities: [operator.der],
        sign: (request) => {
          asked.push(request);
          const { endpointName: commonName } = request;
          return {
            certificate: testCertificate({ commonName, issuer: operator, publicKey: publicKeyIn(request) }).der,
          };
        },
      },
    },
    configuration,
    accounts,
    device: { est: true },
  });

  expect(asked).toMatchObject([{ operation: 'enroll', endpointName: ENDPOINT_NAME, identity: { kind: 'x509' } }]);
  expect(bed.events).toEqual(['bootstrap started', 'bootstrap finished', 'registered']);
  expect(bed.steps()).toEqual(['write /0/0: 2.04', 'write /1/0: 2.04', 'finish /bs: 2.04']);
  // What was written had no certificate and no key: those are of the device, which has proven them to the server.
  const { identity } = bed.server.registration(ENDPOINT_NAME) ?? {};
  expect(identity).toMatchObject({ kind: 'x509', commonName: ENDPOINT_NAME, certificate: bed.tree.content('/0/0/3') });
});
