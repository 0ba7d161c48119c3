import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of a PostgreSQL server's database `postgres`; or why there is none. */
    readonly postgres: { readonly url: string } | { readonly missing: string };
  }
}

/** Starts one PostgreSQL server for all test files, where it is installed. It listens on a socket in a temporary folder, and on no port. */
export default function setup(project: TestProject): (() => void) | undefined {
  const bin = programs();
  if (bin === undefined) {
    project.provide('postgres', { missing: 'PostgreSQL (initdb and pg_ctl) is not installed' });
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'flownexus-postgres-'));
  // PostgreSQL refuses to run as root.
  const owner = process.getuid?.() === 0 ? nobody() : undefined;
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  const run = (program: string, ...parameters: string[]): void => {
    const { status, stderr, stdout } = spawnSync(join(bin, program), parameters, {
      ...owner,
      cwd: folder,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${program} failed: ${stderr}${stdout}`);
  };
  run('initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync');
  const settings = `-c listen_addresses='' -c unix_socket_directories='${folder}' -c fsync=off -c max_connections=200`;
  run('pg_ctl', '-D', data, '-w', '-o', settings, '-l', join(folder, 'log'), 'start');
  project.provide('postgres', { url: `postgres://postgres@/postgres?host=${encodeURIComponent(folder)}` });
  return () => {
    run('pg_ctl', '-D', data, '-w', '-m', 'immediate', 'stop');
    rmSync(folder, { recursive: true, force: true });
  };
}

/** The folder of the newest version: Debian keeps them out of the path. */
export function programs(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(root, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}

/** The user that owns nothing. */
export function nobody(): { readonly uid: number; readonly gid: number } {
  return { uid: 65534, gid: 65534 };
}
