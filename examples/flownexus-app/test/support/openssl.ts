import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './test-database.ts';

/** The openssl command, over files of a folder of its own. */
export class OpenSsl {
  readonly directory: string = temporaryDirectory();

  /** Writes a file for later commands. Gives its path. */
  file(name: string, content: string | Uint8Array): string {
    const path = join(this.directory, name);
    writeFileSync(path, content);
    return path;
  }

  /** What a command says on its standard output. Throws when it fails. */
  run(...args: readonly string[]): string {
    return execFileSync('openssl', args, {
      cwd: this.directory,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 2 ** 26,
    });
  }

  /** The exit code of a command, and all that it says. */
  result(...args: readonly string[]): { readonly code: number | null; readonly text: string } {
    const { status, stdout, stderr } = spawnSync('openssl', args, { cwd: this.directory, encoding: 'utf8' });
    return { code: status, text: stdout + stderr };
  }

  /** A new key and a request for a certificate, in PEM. Both are files too: `<name>.key` and `<name>.csr`. */
  request(
    name: string,
    subject: string,
    ...options: readonly string[]
  ): { readonly key: string; readonly csr: string } {
    const kind = options.length === 0 ? ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] : options;
    const csr = this.run('req', '-new', ...kind, '-nodes', '-keyout', `${name}.key`, '-subj', subject);
    this.file(`${name}.csr`, csr);
    return { key: this.run('pkey', '-in', `${name}.key`), csr };
  }
}
