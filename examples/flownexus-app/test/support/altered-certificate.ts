import { X509Certificate } from 'node:crypto';

/** Order of P-256 (SEC 2 §2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** PEM of the same certificate with the other signature that verifies: (r, n - s) in the place of (r, s). Its issuer is on P-256. */
export function alteredCertificate(pem: string): string {
  const { raw } = new X509Certificate(pem);
  const [tbs, algorithm, signature] = children(raw);
  const [r, s] = children(Buffer.from(signature?.content.subarray(1) ?? []));
  const other = ORDER - BigInt(`0x${s?.content.toString('hex') ?? ''}`);
  const pair = element(0x30, Buffer.concat([r?.raw ?? Buffer.of(), integer(other)]));
  const body = [tbs?.raw ?? Buffer.of(), algorithm?.raw ?? Buffer.of(), element(0x03, Buffer.concat([Buffer.of(0), pair]))]; // prettier-ignore
  return new X509Certificate(element(0x30, Buffer.concat(body))).toString();
}

/** The elements within a SEQUENCE. */
function children(der: Buffer): { readonly raw: Buffer; readonly content: Buffer }[] {
  const found: { readonly raw: Buffer; readonly content: Buffer }[] = [];
  for (let rest = split(der).content; rest.length > 0;) {
    const one = split(rest);
    found.push(one);
    rest = rest.subarray(one.raw.length);
  }
  return found;
}

function split(der: Buffer): { readonly raw: Buffer; readonly content: Buffer } {
  const first = der.readUInt8(1);
  const header = first < 0x80 ? 2 : 2 + (first & 0x7f);
  const length = first < 0x80 ? first : der.readUIntBE(2, first & 0x7f);
  return { raw: der.subarray(0, header + length), content: der.subarray(header, header + length) };
}

function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}

function integer(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return element(0x02, bytes.readUInt8(0) < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]));
}
