import { limits } from '../limits.ts';

const REDACTED = '[redacted]';

/** Names of properties that hold secrets, without `_` and `-` and in lower case. */
const SECRET_NAME =
  /^(psk|key|keys|presharedkey|pskkey|privatekey|secretkey|serversecretkey|secret|.*password|passphrase|token|apitoken|accesstoken|refreshtoken|backupcodes|totpuri|authorization|proxyauthorization|cookie|setcookie|cookies|csrf|snapshot|parameters)$/;

/** Secrets within a text: keys in PEM, tokens, passwords of URLs, and the addresses at which devices get firmware. */
const SECRET_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, REDACTED],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, `$1 ${REDACTED}`],
  // A scheme is looked for from its first letter on alone: from each it would take long.
  [/((?<![\w+.-])[\w+.-]+:\/\/[^\s:@/?#]*:)[^\s@/?#]+@/g, `$1${REDACTED}@`],
  [/(\/media\/+firmware\/+)[^\s/"'?#]+/g, `$1${REDACTED}`],
  [/(session_token=)[^\s;"']+/g, `$1${REDACTED}`],
];

/**
 * A value as it may be logged: without what is called a key, password, token or cookie, without bytes, and without the secrets that are known by their form
 * within texts. Bounded in depth, entries and length; what is too much is left out.
 */
export function redacted(value: unknown, depth: number = limits.logDepth): unknown {
  if (typeof value === 'string') return redactedText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${String(value.byteLength)} bytes]`;
  if (value instanceof Error) return redactedError(value, depth);
  if (depth === 0) return '[…]';
  if (Array.isArray(value)) return value.slice(0, limits.logEntries).map((each) => redacted(each, depth - 1));
  if (value instanceof Map)
    return redactedEntries(
      [...value].map(([name, each]) => [String(name), each]),
      depth,
    );
  if (value instanceof Set) return redacted([...value], depth - 1);
  if ('toJSON' in value && typeof value.toJSON === 'function') return redacted((value as { toJSON(): unknown }).toJSON(), depth - 1); // prettier-ignore
  return redactedProperties(value, depth);
}

/** A text without the secrets that are known by their form. */
export function redactedText(text: string): string {
  // Cut first: what comes after is not shown, and long texts take long.
  const cut = text.length > limits.logCharacters ? `${text.slice(0, limits.logCharacters)}…` : text;
  return SECRET_TEXTS.reduce((result, [secret, instead]) => result.replaceAll(secret, instead), cut);
}

function redactedError(error: Error, depth: number): unknown {
  if (depth === 0) return redactedText(error.message);
  const { name, message, stack } = error;
  const own = redactedEntries(plainEntries(error), depth) as Record<string, unknown>;
  // PostgreSQL quotes the row in it.
  if ('severity' in error && 'detail' in error) own['detail'] = REDACTED;
  return {
    ...own,
    type: name,
    message: redactedText(message),
    ...(stack === undefined ? {} : { stack: redactedText(stack) }),
    ...(error.cause === undefined ? {} : { cause: redacted(error.cause, depth - 1) }),
    ...(error instanceof AggregateError ? { errors: redacted(error.errors, depth - 1) } : {}),
  };
}

/** What an error has besides, without objects: some carry the whole client that failed, with all that it knows. */
function plainEntries(error: Error): [string, unknown][] {
  return Object.entries(error).filter(([, value]) => typeof value !== 'object' || Array.isArray(value));
}

function redactedProperties(value: object, depth: number): unknown {
  return redactedEntries(Object.entries(value as Record<string, unknown>), depth);
}

function redactedEntries(entries: readonly (readonly [string, unknown])[], depth: number): unknown {
  const first = entries.slice(0, limits.logEntries);
  return Object.fromEntries(first.map(([name, each]) => [name, isSecret(name, each) ? REDACTED : redacted(each, depth - 1)])); // prettier-ignore
}

function isSecret(name: string, value: unknown): boolean {
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean') return false;
  return SECRET_NAME.test(name.replaceAll(/[_-]/g, '').toLowerCase());
}
