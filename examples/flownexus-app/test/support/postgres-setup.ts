import type { TestProject } from 'vitest/node';
import { PostgresServer } from './postgres-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of a PostgreSQL server's database `postgres`; or why there is none. */
    readonly postgres: { readonly url: string } | { readonly missing: string };
  }
}

/** Starts one PostgreSQL server for all test files, where it is installed. */
export default function setup(project: TestProject): (() => void) | undefined {
  const server = PostgresServer.create();
  if (server === undefined) {
    project.provide('postgres', { missing: 'PostgreSQL (initdb and pg_ctl) is not installed' });
    return undefined;
  }
  server.start();
  project.provide('postgres', { url: server.url });
  return () => {
    server.stop();
    server.remove();
  };
}
