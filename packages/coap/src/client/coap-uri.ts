import { CoapError } from '../errors.ts';
import { OptionNumber, optionDefinition } from '../options.ts';
import { encodeUtf8 } from '../utf8.ts';
import { isIpAddress, isIpv6 } from './ip-address.ts';

export type CoapScheme = 'coap' | 'coaps';

/** The parts of a URI (RFC 7252 §6). All texts are decoded. */
export interface CoapUri {
  readonly scheme: CoapScheme;
  /** A name in lower case, or an IP address: without brackets, IPv6 maybe with a zone (`fe80::1%eth0`). */
  readonly host: string;
  readonly port: number;
  /** Uri-Path segments. */
  readonly path: readonly string[];
  /** Uri-Query options. */
  readonly query: readonly string[];
}

/** What `formatCoapUri` takes: absent parts are the default port, the root, and no query. */
export type CoapUriParts = Pick<CoapUri, 'scheme' | 'host'> & Partial<CoapUri>;

/** RFC 7252 §6.1, §6.2. */
const DEFAULT_PORTS: Readonly<Record<CoapScheme, number>> = { coap: 5683, coaps: 5684 };
// RFC 3986 appendix B, with an authority. Fragments are matched to be refused.
const URI = /^([a-z][\da-z+.-]*):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(#.*)?$/is;
const HOST_CHARACTERS = /^[\w\-.~!$&'()*+,;=]$/;
const SEGMENT_CHARACTERS = /^[\w\-.~!$&'()*+,;=:@]$/;
/** RFC 7252 §6.5 step 8: `&` parts arguments, so that one inside an argument is encoded. */
const ARGUMENT_CHARACTERS = /^[\w\-.~!$'()*+,;=:@/?]$/;

/**
 * Takes a `coap` or `coaps` URI apart (RFC 7252 §6.4). Dot segments are resolved (RFC 3986 §5.2.4), also percent-encoded ones.
 * Throws `CoapError` `ERR_COAP_URI`, which says what was expected; a fragment and user information are refused.
 *
 * @example
 * parseCoapUri('coap://[2001:db8::1]/temp%C3%A9rature?unit=K');
 * // { scheme: 'coap', host: '2001:db8::1', port: 5683, path: ['température'], query: ['unit=K'] }
 */
export function parseCoapUri(text: string): CoapUri {
  const match = URI.exec(text);
  if (match === null) throw badUri('expected an absolute URI like coap://host/path');
  const [, scheme = '', authority = '', path = '', query, fragment] = match;
  const lower = scheme.toLowerCase();
  if (lower !== 'coap' && lower !== 'coaps') throw badUri(`expected the scheme coap or coaps, found ${lower}`);
  if (fragment !== undefined) throw badUri('expected no fragment, found one');
  const { host, port } = parseAuthority(authority, DEFAULT_PORTS[lower]);
  return {
    scheme: lower,
    host,
    port,
    path: parsePath(path),
    query: query === undefined ? [] : query.split('&').map((part) => optionText(OptionNumber.URI_QUERY, part)),
  };
}

/**
 * The URI of its parts (RFC 7252 §6.5), without the port where it is the default. A path of one empty segment is the root, like
 * none. Throws `CoapError` `ERR_COAP_URI` for parts that no URI has, such as the path segment `..`.
 */
export function formatCoapUri({ scheme, host, port, path = [], query = [] }: CoapUriParts): string {
  if (host === '') throw badUri('expected a host, found none');
  const defaultPort = DEFAULT_PORTS[scheme];
  const suffix = port === undefined || port === defaultPort ? '' : `:${checkPort(port)}`;
  if (path.some(isDotSegment)) throw badUri('expected path segments other than . and ..');
  const segments = path.map((segment) => `/${encode(segment, SEGMENT_CHARACTERS)}`);
  const args = query.map((argument) => encode(argument, ARGUMENT_CHARACTERS));
  const tail = args.length === 0 ? '' : `?${args.join('&')}`;
  return `${scheme}://${formatHost(host)}${suffix}${segments.join('') || '/'}${tail}`;
}

function parseAuthority(authority: string, defaultPort: number): { host: string; port: number } {
  if (authority.includes('@')) throw badUri('expected no user information, found some');
  const bracket = authority.startsWith('[') ? authority.indexOf(']') : -1;
  const colon = authority.indexOf(':', bracket + 1);
  const hostText = colon < 0 ? authority : authority.slice(0, colon);
  const portText = colon < 0 ? '' : authority.slice(colon + 1);
  const host = hostText.startsWith('[') ? parseIpv6(hostText) : parseName(hostText);
  if (!/^\d*$/.test(portText)) throw badUri('expected a port of digits after the host');
  // RFC 3986 §3.2.3: an empty port is the default.
  return { host, port: portText === '' ? defaultPort : checkPort(Number(portText)) };
}

function parseIpv6(text: string): string {
  if (!text.endsWith(']')) throw badUri('expected ] after an IPv6 address');
  // RFC 6874 §2: the zone follows %25.
  const [address = '', ...zones] = text.slice(1, -1).split('%25');
  const zone = zones.join('%25');
  if (!isIpv6(address) || (zones.length > 0 && zone === '')) {
    throw badUri('expected an IPv6 address in brackets, and a zone only after %25');
  }
  return address.toLowerCase() + (zone === '' ? '' : `%${decode(zone, HOST_CHARACTERS)}`);
}

function parseName(text: string): string {
  if (text === '') throw badUri('expected a host, found none'); // RFC 7252 §6.1
  const name = asciiLowerCase(optionText(OptionNumber.URI_HOST, text, HOST_CHARACTERS));
  if (name.includes(':')) throw badUri('expected brackets around an IPv6 address');
  return name;
}

/** RFC 7252 §6.4 step 8: no segments for the root. */
function parsePath(path: string): string[] {
  if (path === '') return [];
  const segments: string[] = [];
  const parts = path.slice(1).split('/');
  for (const [index, part] of parts.entries()) {
    const segment = optionText(OptionNumber.URI_PATH, part);
    if (!isDotSegment(segment)) segments.push(segment);
    else {
      if (segment === '..') segments.pop();
      if (index === parts.length - 1) segments.push(''); // what is left ends in a slash
    }
  }
  return segments.length === 1 && segments[0] === '' ? [] : segments;
}

function isDotSegment(segment: string): boolean {
  return segment === '.' || segment === '..';
}

function formatHost(host: string): string {
  if (!isIpAddress(host)) return encode(asciiLowerCase(host), HOST_CHARACTERS);
  if (!host.includes(':')) return host;
  const [address = '', zone] = host.split('%', 2);
  return zone === undefined ? `[${address}]` : `[${address}%25${encode(zone, HOST_CHARACTERS)}]`;
}

/** RFC 7252 §6.4 step 5. Other letters are not equal to their capitals in a name. */
function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** The decoded text, which fits into the option that it is for. */
function optionText(number: number, text: string, allowed = /^[\w\-.~!$&'()*+,;=:@/?]$/): string {
  const decoded = decode(text, allowed);
  const definition = optionDefinition(number);
  if (definition !== undefined && encodeUtf8(decoded).length > definition.maxLength) {
    throw badUri(`expected at most ${definition.maxLength} bytes for ${definition.name}`);
  }
  return decoded;
}

function decode(text: string, allowed: RegExp): string {
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '%') {
      if (!/^[\da-f]{2}$/i.test(text.slice(index + 1, index + 3))) throw badUri('expected two hex digits after %');
      index += 2;
    } else if (!allowed.test(text.charAt(index))) {
      throw badUri(`expected a percent-encoded character at ${index} of a component, found it plain`);
    }
  }
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw badUri('expected UTF-8 in percent-encoded text', cause);
  }
}

function encode(text: string, allowed: RegExp): string {
  let encoded = '';
  for (const byte of encodeUtf8(text)) {
    const character = String.fromCharCode(byte);
    encoded +=
      byte < 0x80 && allowed.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

function checkPort(port: number): number {
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw badUri(`expected a port of 1 to 65535, found ${port}`);
}

function badUri(text: string, cause?: unknown): CoapError {
  return new CoapError('ERR_COAP_URI', text, { cause });
}
