import { Code } from '@flownexus/coap';
import { badRequest, RefusalError } from '../registration/refusal-error.ts';
import { checkEndpointName } from '../registration/registration-parameters.ts';
import { PACK_FORMATS, WRITE_FORMATS } from './write-formats.ts';

/** The query of a Bootstrap-Request (TS Transport §6.4.2). */
export interface BootstrapParameters {
  readonly endpointName: string | undefined;
  /** The Content-Format that the device prefers. */
  readonly contentFormat: number | undefined;
}

/** The query of a Bootstrap-Pack-Request. */
export interface PackParameters {
  readonly endpointName: string | undefined;
  /** The Object Instances of the Security Object that make the accounts of Bootstrap-Servers, where the device says it (`acc`, since LwM2M 1.2.1). */
  readonly accounts: readonly number[] | undefined;
}

/**
 * Reads the query of a Bootstrap-Request. Parameters that the specification does not have are passed over.
 *
 * @throws RefusalError 4.00 for what has not its form, 4.15 for a `pct` that is none of the formats for it
 */
export function parseBootstrapRequest(query: readonly string[]): BootstrapParameters {
  const text = parameterOf(query, 'pct');
  if (text !== undefined && !/^[0-9]{1,5}$/.test(text)) throw badRequest('pct is not the number of a Content-Format');
  const contentFormat = text === undefined ? undefined : Number(text);
  if (contentFormat !== undefined && !WRITE_FORMATS.includes(contentFormat)) {
    throw new RefusalError(Code.UNSUPPORTED_CONTENT_FORMAT, `pct is one of ${WRITE_FORMATS.join(', ')}`);
  }
  return { endpointName: endpointNameOf(query), contentFormat };
}

/**
 * Reads the query of a Bootstrap-Pack-Request.
 *
 * @throws RefusalError 4.00 for what has not its form
 */
export function parsePackRequest(query: readonly string[]): PackParameters {
  const accounts = parameterOf(query, 'acc');
  // Clients write one id, or several between commas or blanks. What it says is a hint: another form is passed over.
  // Some have the format there that they have as Accept: who took it for an id would write over the account that is there.
  const isFormat = PACK_FORMATS.includes(Number(accounts));
  const isList = accounts !== undefined && !isFormat && /^[0-9]{1,5}(?:[ ,]+[0-9]{1,5})*$/.test(accounts);
  return {
    endpointName: endpointNameOf(query),
    accounts: isList ? accounts.split(/[ ,]+/).map(Number) : undefined,
  };
}

function endpointNameOf(query: readonly string[]): string | undefined {
  const name = parameterOf(query, 'ep');
  if (name === undefined || name === '') return undefined; // `ep=` says as little as no ep
  checkEndpointName(name);
  return name;
}

function parameterOf(query: readonly string[], name: string): string | undefined {
  const [parameter, second] = query.filter((entry) => entry.startsWith(`${name}=`));
  if (second !== undefined) throw badRequest(`the parameter ${name} occurs twice`);
  return parameter?.slice(name.length + 1).replace(/^"(.*)"$/s, '$1');
}
