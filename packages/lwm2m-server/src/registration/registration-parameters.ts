import { Code } from '@flownexus/coap';
import { limits } from '../limits.ts';
import { badRequest, RefusalError } from './refusal-error.ts';

/** The query parameters of a Register or Update (TS Transport §6.4), each undefined when absent. */
export interface RegistrationParameters {
  readonly endpointName: string | undefined;
  readonly lifetime: number | undefined;
  readonly lwm2mVersion: string | undefined;
  /** The transports of `b` without the Q of LwM2M 1.0. */
  readonly bindingMode: string | undefined;
  /** A `Q` parameter, or a Q in `b`. */
  readonly queueMode: boolean;
  readonly smsNumber: string | undefined;
  /** In the order of `pid`; undefined when it is absent. */
  readonly profileIds: readonly string[] | undefined;
  readonly additional: Readonly<Record<string, string>>;
}

/** TS Core 1.2.2 Table 6.2.1.2-1; the letters of all versions, since clients mix them (Leshan's sends `UT` as 1.1). */
const BINDING_LETTERS = 'UMHTSN';
const LATEST_MAJOR = '1';

/**
 * Reads the query of a Register or Update. The order is free and parameters that the specification does not name are
 * kept; what is there twice, or does not have the form it must, is refused.
 *
 * @throws RefusalError 4.00, or 4.12 for an LwM2M version with another major number
 */
export function parseRegistrationParameters(query: readonly string[]): RegistrationParameters {
  if (query.length === 0) return NO_PARAMETERS;
  const known = noneKnown();
  let additional: [string, string][] | undefined;
  for (const parameter of query) {
    if (parameter === '') continue; // libcoap and others send an empty Uri-Query for a lone `?`
    const equals = parameter.indexOf('=');
    const name = equals < 0 ? parameter : parameter.slice(0, equals);
    const value = equals < 0 ? NO_VALUE : parameter.slice(equals + 1);
    if (isSpecified(name)) {
      if (known[name] !== undefined) throw twice(name);
      known[name] = value;
    } else {
      additional ??= [];
      if (additional.some(([other]) => other === name)) throw twice(name);
      if (additional.length >= limits.maxAdditionalParameters) throw badRequest('too many unknown parameters');
      additional.push([name, value === NO_VALUE ? '' : value]);
    }
  }
  return read(known, additional === undefined ? NONE : Object.freeze(Object.fromEntries(additional)));
}

type Name = 'ep' | 'lt' | 'lwm2m' | 'b' | 'Q' | 'sms' | 'pid';

/** A parameter without `=`. */
const NO_VALUE = Symbol('no value');

/** The parameters of the specification as they are written; undefined: absent. */
type Known = Record<Name, string | typeof NO_VALUE | undefined>;

function noneKnown(): Known {
  return { ep: undefined, lt: undefined, lwm2m: undefined, b: undefined, Q: undefined, sms: undefined, pid: undefined };
}

function isSpecified(name: string): name is Name {
  return SPECIFIED.has(name);
}

function read(known: Known, additional: RegistrationParameters['additional']): RegistrationParameters {
  const binding = parseBinding(textOf(known, 'b'));
  return {
    endpointName: parseEndpointName(known),
    lifetime: parseLifetime(textOf(known, 'lt')),
    lwm2mVersion: parseVersion(textOf(known, 'lwm2m')),
    bindingMode: binding?.transports,
    queueMode: parseQueueFlag(known) || binding?.queueMode === true,
    smsNumber: parseSmsNumber(textOf(known, 'sms')),
    profileIds: parseProfileIds(textOf(known, 'pid')),
    additional,
  };
}

const SPECIFIED: ReadonlySet<string> = new Set(Object.keys(noneKnown()));

/** Most registrations have none: they share one record. */
const NONE: Readonly<Record<string, string>> = Object.freeze({});
/** Those of most Updates. */
const NO_PARAMETERS: RegistrationParameters = Object.freeze(read(noneKnown(), NONE));

/** The value of a parameter, without quotes around it; a parameter without `=` is malformed. */
function textOf(known: Known, name: Name): string | undefined {
  const value = known[name];
  if (value === undefined) return undefined;
  if (value === NO_VALUE) throw badRequest(`the parameter ${name} has no value`);
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

function parseEndpointName({ ep }: Known): string | undefined {
  if (ep === undefined || ep === NO_VALUE || ep === '') return undefined; // `ep=` says as little as no ep
  checkEndpointName(ep);
  // A text of its own: a part of another keeps that in memory as long as the registration lives.
  return Buffer.from(ep).toString();
}

/**
 * Checks what may be an endpoint name, wherever it comes from.
 *
 * @throws RefusalError 4.00
 */
export function checkEndpointName(name: string): void {
  const problem = endpointNameProblem(name);
  if (problem !== undefined) throw badRequest(problem);
}

/** Why a text can be nobody's endpoint name, in words; undefined when it can. */
export function endpointNameProblem(name: string): string | undefined {
  if (name === '') return 'the endpoint name is empty';
  if (Buffer.byteLength(name) > limits.maxEndpointNameBytes) return 'the endpoint name is too long';
  if (hasControlCharacter(name)) return 'the endpoint name has a control character';
  // No URL can have them as a segment (RFC 3986 §5.2.4): whoever is called so could not be asked for.
  if (name === '.' || name === '..') return 'the endpoint name is . or ..';
  return undefined;
}

/** The endpoint name that a query asks for, for those who tell of a refused request; undefined when there is none. */
export function askedEndpointName(query: readonly string[]): string | undefined {
  const asked = query.find((parameter) => parameter.startsWith('ep='))?.slice('ep='.length);
  // What can be nobody's name could forge the lines of a log.
  return asked === undefined || endpointNameProblem(asked) !== undefined ? undefined : asked;
}

function parseLifetime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[0-9]{1,10}$/.test(text)) throw badRequest('lt is not a number of seconds');
  const lifetime = Number(text);
  if (lifetime > limits.maxLifetime) throw badRequest('lt is too large');
  return lifetime;
}

function parseVersion(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  // A third component, as of 1.2.1, is of the document: coap-node says 1.0.0.
  const version = /^([0-9]{1,3})\.[0-9]{1,3}(?:\.[0-9]{1,3})?$/.exec(text);
  if (version === null) throw badRequest('lwm2m is not a version such as 1.1');
  // Only an unknown major is refused: a server supports all minors of its major (TS Core §6.2.1).
  if (version[1] !== LATEST_MAJOR) {
    throw new RefusalError(Code.PRECONDITION_FAILED, 'this server speaks LwM2M 1.0, 1.1 and 1.2');
  }
  return text;
}

function parseBinding(text: string | undefined): { transports: string; queueMode: boolean } | undefined {
  if (text === undefined) return undefined;
  let transports = '';
  let queueMode = false;
  for (const letter of text) {
    if (letter === 'Q' && !queueMode) {
      queueMode = true; // LwM2M 1.0: UQ, SQ, UQS
    } else if (BINDING_LETTERS.includes(letter) && !transports.includes(letter)) {
      transports += letter;
    } else {
      throw badRequest('b is not a binding mode');
    }
  }
  if (transports === '') throw badRequest('b names no transport');
  return { transports, queueMode };
}

function parseQueueFlag({ Q }: Known): boolean {
  if (Q === undefined) return false;
  if (Q !== NO_VALUE && Q !== '') throw badRequest('Q takes no value');
  return true;
}

function parseSmsNumber(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (text === '' || hasControlCharacter(text)) throw badRequest('sms is not a number');
  return text;
}

/** TS Core 1.2.2 §6.2.1: one Profile ID, or a list of them in quotes. */
function parseProfileIds(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const ids = text.split(/[ ,]+/).filter((id) => id !== '');
  if (ids.length === 0) throw badRequest('the parameter pid has no value');
  if (ids.length > limits.maxProfileIds) throw badRequest('pid names too many profiles');
  const isPossible = (id: string): boolean =>
    Buffer.byteLength(id) <= limits.maxProfileIdBytes && !hasControlCharacter(id);
  if (!ids.every(isPossible)) throw badRequest('pid is not a Profile ID');
  return Object.freeze([...new Set(ids)]);
}

function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x20 || (unit >= 0x7f && unit < 0xa0)) return true;
  }
  return false;
}

function twice(name: string): RefusalError {
  return badRequest(`the parameter ${printable(name)} occurs twice`);
}

/** A parameter name as a diagnostic may repeat it. */
function printable(name: string): string {
  return /^[\w.-]{1,16}$/.test(name) ? name : '(unprintable)';
}
