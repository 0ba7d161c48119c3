import type { EstOptions, OwnCredential } from '@flownexus/lwm2m-server';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Database } from '../database/open-database.ts';
import type { Route } from '../http/route.ts';
import { limits } from '../limits.ts';
import { Repeated } from '../repeated.ts';
import { StartError } from '../start-error.ts';
import type { EditableCredentialStore } from '../stores/credential-store.ts';
import { Authority } from './authority.ts';
import { authorityRoutes, CRL_PATH } from './authority-routes.ts';
import { withCertificates } from './certificate-credentials.ts';
import { certificateRoutes } from './certificate-routes.ts';
import { CertificateStore } from './certificate-store.ts';
import { estOptions } from './est.ts';
import { forgetOrphans, rememberTrusted } from './forget-orphans.ts';
import { Issuer } from './issuer.ts';
import { configuredRoots, OwnFiles } from './own-files.ts';
import { RevocationLists } from './revocation-lists.ts';
import { rootRoutes } from './root-routes.ts';
import { ServerCertificate } from './server-certificate.ts';
import { serverNames } from './server-names.ts';
import { serverRoutes } from './server-routes.ts';
import { Trust } from './trust.ts';
import { TrustedRoots } from './trusted-roots.ts';

export interface CertificatesOptions {
  readonly config: Pick<
    Config,
    | 'authorityKeyFile'
    | 'authorityCertificateFile'
    | 'coapsKeyFile'
    | 'coapsCertificateFile'
    | 'coapsAuthoritiesFile'
    | 'est'
    | 'publicUrl'
  >;
  readonly dataDirectory: string;
  readonly database: Database;
  readonly log: Logger;
}

/** Certificates of devices, and the server's own. */
export interface Certificates {
  /** What the server shows in DTLS at present. */
  readonly ownCredential: () => OwnCredential;
  /** Whom it trusts at present: the same array as long as nothing has changed. */
  readonly roots: () => readonly Uint8Array[];
  readonly trust: Pick<Trust, 'onNarrowed'>;
  /** Credentials with the certificates of our authority beside them. */
  credentials(base: EditableCredentialStore, options: { readonly securing: boolean }): EditableCredentialStore;
  /** Undefined: devices can not ask for certificates by EST. */
  readonly est: EstOptions | undefined;
  readonly routes: readonly Route[];
  /** An endpoint is removed: revokes its certificates. */
  release(endpoint: string): Promise<void>;
  /** From now on files are looked at, and what ends is renewed. */
  start(): void;
  stop(): Promise<void>;
}

/** Reads or makes the authority and the server's own certificate. Rejects with a {@link StartError} for what can not be used. */
export async function openCertificates({
  config,
  dataDirectory,
  database,
  log,
}: CertificatesOptions): Promise<Certificates> {
  const {
    coapsKeyFile: keyFile,
    coapsCertificateFile: certificateFile,
    coapsAuthoritiesFile: authoritiesFile,
  } = config;
  if (certificateFile !== undefined && keyFile === undefined) throw new StartError('FLOWNEXUS_COAPS_CERT needs its key: FLOWNEXUS_COAPS_KEY'); // prettier-ignore
  const authority = await Authority.open({
    dataDirectory,
    keyFile: config.authorityKeyFile,
    certificateFile: config.authorityCertificateFile,
  });
  const names = (): ReturnType<typeof serverNames> => serverNames(config.publicUrl);
  const server = await loadServer({ dataDirectory, keyFile, certificateFile, authority, names });
  const added = await TrustedRoots.load(database);
  const [own = new Uint8Array(0)] = authority.certificates;
  const trust = new Trust({ authority: own, configured: configuredRoots(authoritiesFile), added });
  await forgetOrphans({ database, dataDirectory, roots: trust.roots });
  trust.onChange(() => rememberTrusted(dataDirectory, trust.roots));
  const certificates = new CertificateStore(database, authority);
  const lists = new RevocationLists(database, authority);
  const crlUrl = config.publicUrl === undefined ? undefined : new URL(CRL_PATH, config.publicUrl).href;
  const issuer = new Issuer({ authority, certificates, crlUrl });
  const files = new OwnFiles({ server, trust, authoritiesFile, log });
  const repeated = new Repeated({
    everyMs: limits.certificateCheckMs,
    run: async () => {
      await files.check();
      await lists.present();
      await certificates.removeExpired();
    },
    onError: (error) => log.error({ err: error }, 'the certificates could not be looked after'),
  });
  return {
    ownCredential: () => server.credential,
    roots: () => trust.roots,
    trust,
    credentials: (base, { securing }) => withCertificates(base, { certificates, trust, securing }),
    est: config.est ? estOptions(authority, issuer) : undefined,
    routes: [
      ...authorityRoutes({ authority, lists }),
      ...serverRoutes({ server, files }),
      ...rootRoutes({ trust, added }),
      ...certificateRoutes({ database, authority, certificates, issuer }),
    ],
    release: (endpoint) => certificates.release(endpoint, 'the endpoint was deleted'),
    start: () => repeated.start(),
    stop: () => repeated.stop(),
  };
}

async function loadServer(options: Parameters<typeof ServerCertificate.load>[0]): Promise<ServerCertificate> {
  try {
    return await ServerCertificate.load(options);
  } catch (error) {
    throw error instanceof StartError ? error : new StartError(error instanceof Error ? error.message : String(error), { cause: error }); // prettier-ignore
  }
}
