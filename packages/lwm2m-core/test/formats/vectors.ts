import { readdirSync, readFileSync } from 'node:fs';

/** A payload with what is in it. */
export interface FormatVector {
  readonly name: string;
  readonly ct: number;
  readonly direction?: 'decode' | 'encode' | 'both';
  readonly expect?: 'accept' | 'reject' | 'either';
  readonly requestPath?: string;
  /** Of payloads that devices sent: values, or a list of paths. */
  readonly kind?: 'values' | 'pathList';
  readonly hex: string;
  /** The payload as text, where it is one. */
  readonly text?: string;
  /** Each value under the label that the format has for it, or under `value`; for CBOR the value itself. */
  readonly decoded?: readonly Readonly<Record<string, unknown>>[];
}

const folder = new URL('../vectors/', import.meta.url);

/** The vectors of one file. */
export function loadVectors(file: string): FormatVector[] {
  return (JSON.parse(readFileSync(new URL(`${file}.json`, folder), 'utf8')) as { vectors: FormatVector[] }).vectors;
}

/** The files there are, without their extension. */
export function vectorFiles(): string[] {
  return readdirSync(folder).map((file) => file.replace(/\.json$/, ''));
}
