import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../credentials');

/** The PSK that clients and servers of the tests share. */
export const psk = {
  identity: 'dev1',
  text: 'secretPSK',
  hex: Buffer.from('secretPSK').toString('hex'),
  key: new Uint8Array(Buffer.from('secretPSK')),
};

/** Where a file of `credentials/` is. */
export function file(name: string): string {
  return join(folder, name);
}

/** The text of a file of `credentials/`. */
export function pem(name: string): string {
  return readFileSync(file(name), 'utf8');
}

/** The bytes of a PEM file with one item. */
export function der(name: string): Uint8Array {
  return new Uint8Array(Buffer.from(pem(name).replaceAll(/-----[^\n]+-----/g, ''), 'base64'));
}
