import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { Access, Principal } from './principal.ts';

export type Method = 'get' | 'put' | 'post' | 'patch' | 'delete';

/** One answer of a route, for the OpenAPI document. */
export interface Answer {
  readonly description: string;
  /** Of its JSON; absent: no body, or one of `contentType`. */
  readonly schema?: z.ZodType;
  readonly contentType?: string;
}

/** What a handler gets: everything validated. */
export interface Call<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Undefined on public routes alone. */
  readonly principal: Principal | undefined;
  readonly request: Request;
  readonly response: Response;
}

/** What a handler answers. */
export interface Reply {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Undefined: none. */
  readonly body?: unknown;
  /** The same list as a table, for who asks for text/csv. */
  readonly csv?: CsvTable;
  /** Writes the body by itself, when status and headers are set and the audit log is written; called unless one of these fails before. */
  readonly write?: (response: Response) => Promise<void>;
  /** The same list as lines of text, for who asks for text/plain. */
  readonly lines?: Iterable<string>;
  /** Who did it, where the route is public and has found out; for the audit log. */
  readonly actor?: string;
  /** What the audit log keeps beside route, parameters and actor. Never a secret. */
  readonly audit?: Readonly<Record<string, unknown>>;
}

export interface CsvTable {
  readonly columns: readonly string[];
  readonly rows: Iterable<readonly (string | number | boolean | null)[]>;
}

/** The handler has answered by itself, such as with a stream. */
export const ANSWERED = Symbol('answered');

export interface RouteSpec<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly method: Method;
  /** As in OpenAPI: `/api/v1/endpoints/{name}`. Each parameter is one segment, percent-decoded. */
  readonly path: string;
  /** Unique: `getEndpoint`. Names the route in the audit log and in generated clients. */
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  /** The chapter of the document. */
  readonly tag: string;
  readonly access: Access;
  readonly params?: P;
  readonly query?: Q;
  /** A route without takes no body. */
  readonly body?: B;
  /**
   * The body is bytes of any length (`application/octet-stream`), which the handler reads from `request` by itself, however long that takes. Then there is
   * no `body`.
   */
  readonly binaryBody?: boolean;
  /** Bytes of the body; default `limits.bodyBytes`. */
  readonly bodyLimit?: number;
  /** False for a route that brings values of devices, which come by the thousand and say themselves where they are from. Default: for all but GET. */
  readonly audited?: boolean;
  /** By status; those of errors that every route can have are added. */
  readonly answers: Readonly<Record<number, Answer>>;
  handle(call: Call<z.output<P>, z.output<Q>, z.output<B>>): Promise<Reply | typeof ANSWERED> | Reply | typeof ANSWERED;
}

/** A route whose types are checked. */
export interface Route extends Omit<RouteSpec<z.ZodType, z.ZodType, z.ZodType>, 'handle'> {
  handle(call: Call<unknown, unknown, unknown>): Promise<Reply | typeof ANSWERED> | Reply | typeof ANSWERED;
}

/** Defines a route: `route({ method: 'get', path: '/api/v1/…', …, handle: ({ params, query }) => ({ body }) })`. */
export function route<
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
>(spec: RouteSpec<P, Q, B>): Route {
  // The router calls it only with what the schemas gave.
  return { ...spec, handle: (call) => spec.handle(call as Call<z.output<P>, z.output<Q>, z.output<B>>) };
}
