import { readFileSync } from 'node:fs';

/** A payload with what is in it. */
export interface FormatVector {
  readonly name: string;
  readonly ct: number;
  readonly expect?: 'accept' | 'reject' | 'either';
  readonly requestPath?: string;
  readonly hex: string;
  /** Each value under the label that the format has for it, or under `value`. */
  readonly decoded?: readonly Readonly<Record<string, unknown>>[];
}

/** The vectors of one file. */
export function loadVectors(file: string): FormatVector[] {
  const url = new URL(`../vectors/${file}.json`, import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { vectors: FormatVector[] }).vectors;
}
