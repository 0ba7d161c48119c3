import { readFileSync } from 'node:fs';
import { loadCredential, type OwnCredential } from '@flownexus/lwm2m-server';
import type { Config } from './config.ts';
import { StartError } from './start-error.ts';

/** Who the server is in DTLS, and whose certificates it takes. */
export interface CoapsFiles {
  readonly ownCredential: OwnCredential | undefined;
  readonly roots: readonly Uint8Array[] | undefined;
}

/** Reads the files that the configuration names. Throws a {@link StartError} for what can not be used. */
export function readCoapsFiles(
  config: Pick<Config, 'coapsKeyFile' | 'coapsCertificateFile' | 'coapsAuthoritiesFile'>,
): CoapsFiles {
  const {
    coapsKeyFile: keyFile,
    coapsCertificateFile: certificateFile,
    coapsAuthoritiesFile: authoritiesFile,
  } = config;
  if (keyFile === undefined) {
    if (certificateFile !== undefined) throw new StartError('FLOWNEXUS_COAPS_CERT needs its key: FLOWNEXUS_COAPS_KEY');
    if (authoritiesFile !== undefined) {
      throw new StartError('FLOWNEXUS_COAPS_CA needs a key of the server itself: FLOWNEXUS_COAPS_KEY');
    }
    return { ownCredential: undefined, roots: undefined };
  }
  const privateKey = read('FLOWNEXUS_COAPS_KEY', keyFile);
  const certificate = certificateFile === undefined ? undefined : read('FLOWNEXUS_COAPS_CERT', certificateFile);
  const roots = authoritiesFile === undefined ? undefined : [read('FLOWNEXUS_COAPS_CA', authoritiesFile)];
  return { ownCredential: load(privateKey, certificate), roots };
}

function load(privateKey: Uint8Array, certificate: Uint8Array | undefined): OwnCredential {
  try {
    // Devices that take raw public keys get the key alone, also where there is a certificate.
    return loadCredential({ privateKey, rawPublicKey: true, ...(certificate === undefined ? {} : { certificate }) });
  } catch (error) {
    const names = certificate === undefined ? 'FLOWNEXUS_COAPS_KEY' : 'FLOWNEXUS_COAPS_KEY and FLOWNEXUS_COAPS_CERT';
    throw new StartError(`${names} can not be used: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function read(variable: string, file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    // Node's message ends with the system call and its arguments.
    const reason = error instanceof Error ? error.message.replace(/, .*$/s, '') : String(error);
    throw new StartError(`${variable} ${file} can not be read: ${reason}`, { cause: error });
  }
}
