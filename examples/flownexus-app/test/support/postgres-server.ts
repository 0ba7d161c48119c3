import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A PostgreSQL server of the tests' own. It listens on a socket in a temporary folder, and on no port. */
export class PostgresServer {
  readonly #bin: string;
  readonly #folder: string;
  /** PostgreSQL refuses to run as root. */
  readonly #owner: { readonly uid: number; readonly gid: number } | undefined;

  /** Makes one, not started yet. Undefined where PostgreSQL is not installed. */
  static create(): PostgresServer | undefined {
    const bin = programs();
    return bin === undefined ? undefined : new PostgresServer(bin);
  }

  private constructor(bin: string) {
    this.#bin = bin;
    this.#folder = mkdtempSync(join(tmpdir(), 'flownexus-postgres-'));
    // The user that owns nothing.
    this.#owner = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined;
    if (this.#owner !== undefined) chownSync(this.#folder, this.#owner.uid, this.#owner.gid);
    this.#run(
      'initdb',
      '-D',
      this.#data,
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
      '--no-sync',
    );
  }

  /** Of its database `postgres`. */
  get url(): string {
    return `postgres://postgres@/postgres?host=${encodeURIComponent(this.#folder)}`;
  }

  /** `durable`: what it commits survives a power cut, which tests need not pay for. */
  start({ durable = false }: { readonly durable?: boolean } = {}): void {
    const settings = `-c listen_addresses='' -c unix_socket_directories='${this.#folder}' -c fsync=${durable ? 'on' : 'off'} -c max_connections=200`;
    this.#run('pg_ctl', '-D', this.#data, '-w', '-o', settings, '-l', join(this.#folder, 'log'), 'start');
  }

  /** Breaks off what its clients do. */
  stop(): void {
    this.#run('pg_ctl', '-D', this.#data, '-w', '-m', 'fast', 'stop');
  }

  /** Call it when the server has stopped. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  #run(program: string, ...parameters: string[]): void {
    const { status, stderr, stdout } = spawnSync(join(this.#bin, program), parameters, {
      ...this.#owner,
      cwd: this.#folder,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${program} failed: ${stderr}${stdout}`);
  }
}

/** The folder of the newest version: Debian keeps them out of the path. */
function programs(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(root, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}
