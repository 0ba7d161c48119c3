import { formatBootstrapJson, type BootstrapConfiguration } from '@flownexus/lwm2m-server';

/** The fields of the instances of a configuration that are keys. */
const SECRETS: ReadonlySet<string> = new Set([
  'secretKey',
  'smsBindingKeyParam',
  'smsBindingKeySecret',
  'oscoreMasterSecret',
  'oscoreMasterSalt',
]);

/** A configuration as a Leshan server shows it, without its keys; undefined for one that has no form there. */
export function bootstrapToJson(configuration: BootstrapConfiguration): Readonly<Record<string, unknown>> | undefined {
  try {
    return withoutSecrets(formatBootstrapJson(configuration));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function withoutSecrets(json: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const entries = Object.entries(json).filter(([name]) => !SECRETS.has(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, isObject(value) ? withoutSecrets(value) : value]));
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
