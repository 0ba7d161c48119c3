import { loadCredential } from '@flownexus/dtls';
import { testCertificate } from '@flownexus/dtls/testing';
import { ContentFormat, ObjectRegistry } from '@flownexus/lwm2m-core';
import { expect, onTestFinished, test } from 'vitest';
import {
  coap,
  coaps,
  Lwm2mBootstrapServer,
  MemoryBootstrapStore,
  MemoryCredentialStore,
  serverAccount,
  type AccountSecurity,
  type BootstrapConfiguration,
  type BootstrapSession,
  type Registration,
  type ServerEndpoint,
} from '../../src/index.ts';
import type { ForeignDevice } from './device-program.ts';
import { describeDevices, NAME, type DeviceStage } from './device-stage.ts';
import { valuesOf } from './device-values.ts';
import { leshans } from './leshan.ts';

/** Those that Leshan's clients have. */
type Security = Exclude<AccountSecurity, { readonly mode: 'est' }>;

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const BOOTSTRAP_PSK = { mode: 'psk', identity: 'of the bootstrap', key: text('another 16 bytes') } as const;
const PSK = { mode: 'psk', identity: 'given to it', key: text('sixteen byte key') } as const;

const authority = testCertificate({ commonName: 'authority', authority: true });
const own = testCertificate({ commonName: 'server', issuer: authority, addresses: ['127.0.0.1'] });
const ownCredential = loadCredential({ privateKey: own.privateKey, certificate: own.der, rawPublicKey: true });
const ofDevice = testCertificate({ commonName: NAME, issuer: authority });
const secretKey = ofDevice.privateKey.export({ format: 'der', type: 'pkcs8' });

const objects = await ObjectRegistry.bundled();

/** A device that was bootstrapped and has registered, and the bootstraps that are over. */
interface Bootstrapped {
  readonly device: ForeignDevice;
  readonly registration: Registration;
  readonly sessions: readonly BootstrapSession[];
}

/** Gives a device, which proves this to our bootstrap server, the account of our server, to which it will prove that. */
async function bootstrapped(
  stage: DeviceStage,
  own: Security,
  security: Security,
  more: Partial<BootstrapConfiguration> = {},
): Promise<Bootstrapped> {
  const configurations = new MemoryBootstrapStore();
  const bootstrapServer = new Lwm2mBootstrapServer({
    endpoints: [endpoint(own)],
    objects,
    configurations,
    onError: (error) => stage.errors.push(error),
  });
  const sessions: BootstrapSession[] = [];
  for (const name of ['bootstrapFinished', 'bootstrapFailed'] as const) {
    bootstrapServer.on(name, (session) => sessions.push(session));
  }
  await bootstrapServer.start();
  onTestFinished(() => bootstrapServer.stop());
  await stage.open({ endpoints: [endpoint(security)] });
  const uri = uriOf(security, stage.server.addresses[0]?.port);
  const instances = serverAccount({ shortServerId: 7, uri, security, lifetime: 120 });
  configurations.set(NAME, { instances, ...more });
  const psk = own.mode === 'psk' ? { identity: own.identity, psk: hex(own.key) } : {};
  const settings = { bootstrap: 'yes', uri: uriOf(own, bootstrapServer.addresses[0]?.port), ...psk };
  const [device, registration] = await stage.registered(settings);
  return { device, registration, sessions };
}

function endpoint(security: Security): ServerEndpoint {
  if (security.mode === 'noSec') return coap({ host: '127.0.0.1', port: 0 });
  const credentials = new MemoryCredentialStore();
  credentials.set(NAME, security.mode === 'x509' ? { mode: 'x509', commonName: NAME } : security);
  return coaps({ host: '127.0.0.1', port: 0, credentials, ownCredential, roots: [authority.der] });
}

function uriOf({ mode }: Security, port: number | undefined): string {
  return `${mode === 'noSec' ? 'coap' : 'coaps'}://127.0.0.1:${String(port)}`;
}

function steps(session: BootstrapSession | undefined): readonly string[] {
  return (session?.steps ?? []).map(({ operation, path, responseCode }) => `${operation} ${path}: ${responseCode}`);
}

const STEPS = ['delete /0: 2.02', 'delete /1: 2.02', 'write /0/1: 2.04', 'write /1/7: 2.04', 'finish /bs: 2.04'];

for (const peer of leshans) {
  describeDevices(peer, 'bootstrap', (stage) => {
    test('over CoAP, and a registration over CoAP', async () => {
      const { registration, sessions } = await bootstrapped(stage, { mode: 'noSec' }, { mode: 'noSec' });
      // Its bootstrap account is found by a Discover.
      expect(steps(sessions[0])).toEqual(['discover /0: 2.05', ...STEPS]);
      expect(registration).toMatchObject({ endpointName: NAME, lifetime: 120 });
      expect(await stage.values('/1/7/0')).toEqual({ '/1/7/0': 7 });
      expect(await stage.values('/3/0/0')).toEqual({ '/3/0/0': 'FlowNexus tests' });
    });

    test('over CoAP, and a registration over DTLS with the key that it was given', async () => {
      const { registration } = await bootstrapped(stage, { mode: 'noSec' }, PSK);
      expect(registration.identity).toEqual({ kind: 'psk', identity: PSK.identity });
      expect(await stage.values('/3/0/0')).toEqual({ '/3/0/0': 'FlowNexus tests' });
    });

    test('over DTLS, and a registration over DTLS with the key that it was given', async () => {
      const { registration, sessions } = await bootstrapped(stage, BOOTSTRAP_PSK, PSK);
      expect(sessions[0]?.identity).toEqual({ kind: 'psk', identity: BOOTSTRAP_PSK.identity });
      expect(registration.identity).toEqual({ kind: 'psk', identity: PSK.identity });
      expect(await stage.values('/3/0/0')).toEqual({ '/3/0/0': 'FlowNexus tests' });
    });

    test('a registration with the certificate that it was given', async () => {
      const { registration } = await bootstrapped(stage, BOOTSTRAP_PSK, {
        mode: 'x509',
        certificate: ofDevice.der,
        secretKey,
        serverCertificate: own.der,
      });
      expect(registration.identity).toMatchObject({ kind: 'x509', commonName: NAME });
      expect(await stage.values('/3/0/0')).toEqual({ '/3/0/0': 'FlowNexus tests' });
    });

    test('a registration with the raw public key that it was given', async () => {
      const { publicKey } = ofDevice;
      const account = { mode: 'rpk', publicKey, secretKey, serverPublicKey: own.publicKey } as const;
      const { registration } = await bootstrapped(stage, BOOTSTRAP_PSK, account);
      expect(registration.identity).toEqual({ kind: 'rpk', publicKey });
      expect(await stage.values('/3/0/0')).toEqual({ '/3/0/0': 'FlowNexus tests' });
    });

    if (peer.lwm2mVersion !== '1.0') {
      test.each([ContentFormat.TLV, ContentFormat.SENML_JSON, ContentFormat.SENML_CBOR])(
        'accounts in the format %s, and a Bootstrap-Read of them',
        async (contentFormat) => {
          const { sessions } = await bootstrapped(stage, { mode: 'noSec' }, PSK, {
            contentFormat,
            queries: [{ operation: 'read', path: '/1' }],
          });
          expect(steps(sessions[0]).slice(-2)).toEqual(['read /1: 2.05', 'finish /bs: 2.04']);
          const records = sessions[0]?.steps.find(({ operation }) => operation === 'read')?.records ?? [];
          expect(valuesOf(records)).toMatchObject({ '/1/7/0': 7, '/1/7/1': 120 });
        },
      );

      test('a registered device that is told to bootstrap does so, and registers anew', async () => {
        const { device, registration, sessions } = await bootstrapped(stage, { mode: 'noSec' }, { mode: 'noSec' });
        const again = stage.registration();
        await stage.server.device(NAME).execute('/1/7/9');
        const after = await device.soon('it to register anew', again);
        expect(after.registrationId).not.toBe(registration.registrationId);
        expect(steps(sessions[1])).toEqual(steps(sessions[0]));
      });
    }
  });
}
