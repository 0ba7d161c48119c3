import { Lwm2mServerError } from '../errors.ts';

/**
 * How a value is written as JSON, and read from it. What is read is whole and of its types, or `parse` throws `ERR_LWM2M_SERVER_OPERATION`, which
 * says where and what was expected. The form of a value is a table that serves both directions.
 */
export interface Form<T> {
  readonly format: (value: T) => unknown;
  /** @param place where in the document, as a JSON pointer (RFC 6901) */
  readonly parse: (json: unknown, place: string) => T;
}

/** The error for what is at a place; it never has what was found there. */
export function wrongJson(expected: string, place: string): Lwm2mServerError {
  return new Lwm2mServerError(
    'ERR_LWM2M_SERVER_OPERATION',
    `expected ${expected} at ${place === '' ? 'the top' : place}`,
  );
}

/** What JSON has itself, and is `expected` in words when it is there. */
function plain<T>(expected: string, isOne: (json: unknown) => json is T): Form<T> {
  return {
    format: (value) => value,
    parse: (json, place) => {
      if (isOne(json)) return json;
      throw wrongJson(expected, place);
    },
  };
}

/** Any text. */
export const TEXT: Form<string> = plain('a string', (json) => typeof json === 'string');

/** True or false. */
export const BOOLEAN: Form<boolean> = plain('true or false', (json) => typeof json === 'boolean');

/** Null. */
export const NULL: Form<null> = plain('null', (json) => json === null);

/** A finite number: others would become null. */
export const NUMBER: Form<number> = {
  ...plain('a number', (json) => typeof json === 'number'),
  format: (value) => {
    if (Number.isFinite(value)) return value;
    throw new RangeError('JSON has finite numbers only');
  },
};

/** An integer of 16 bits without a sign: an id, or the number of a Content-Format. */
export const UINT16: Form<number> = plain(
  'an integer from 0 to 65535',
  (json): json is number => typeof json === 'number' && Number.isInteger(json) && json >= 0 && json <= 0xffff,
);

/** One of a few values. */
export function oneOf<T extends string | number | boolean>(values: readonly T[]): Form<T> {
  return plain(`one of ${values.join(', ')}`, (json): json is T => values.includes(json as T));
}

/** A value of a form, or null. */
export function orNull<T>(form: Form<T>): Form<T | null> {
  return {
    format: (value) => (value === null ? null : form.format(value)),
    parse: (json, place) => (json === null ? null : form.parse(json, place)),
  };
}

/** Any number of values of a form. */
export function listOf<T>(item: Form<T>): Form<readonly T[]> {
  return {
    format: (values) => values.map((value) => item.format(value)),
    parse: (json, place) => {
      if (!Array.isArray(json)) throw wrongJson('an array', place);
      return json.map((value: unknown, index) => item.parse(value, `${place}/${index}`));
    },
  };
}

/** Values of a form by names of any kind. What is read has no prototype, so that every name is safe to look up. */
export function byName<T>(item: Form<T>): Form<Readonly<Record<string, T>>> {
  return {
    format: (values) => {
      const json = Object.create(null) as Record<string, unknown>;
      for (const [name, value] of Object.entries(values)) json[name] = item.format(value);
      return json;
    },
    parse: (json, place) => {
      const values = Object.create(null) as Record<string, T>;
      for (const [name, value] of Object.entries(objectAt(json, place))) values[name] = item.parse(value, `${place}/?`);
      return values;
    },
  };
}

/** The names of the fields that an object may do without. */
export type OptionalName<T> = {
  [Name in keyof T]-?: Partial<Pick<T, Name>> extends Pick<T, Name> ? Name : never;
}[keyof T];

/** The forms of fields. */
export type Fields<T, Name extends keyof T> = { readonly [One in Name]-?: Form<Exclude<T[One], undefined>> };

/** An object of exactly these fields, of which the `optional` ones may be absent. */
export function objectOf<T extends object>(
  required: Fields<T, Exclude<keyof T, OptionalName<T>>>,
  optional?: Fields<T, OptionalName<T>>,
): Form<T> {
  const fields = { ...required, ...optional } as unknown as Readonly<Record<string, Form<unknown>>>;
  return {
    format: (value) => {
      const json: Record<string, unknown> = {};
      for (const [name, field] of Object.entries(value)) {
        if (field !== undefined) json[name] = fields[name]?.format(field);
      }
      return json;
    },
    parse: (json, place) => {
      const object = objectAt(json, place);
      const value: Record<string, unknown> = {};
      for (const name of Object.keys(object)) {
        const form = Object.hasOwn(fields, name) ? fields[name] : undefined;
        if (form === undefined) throw wrongJson(`the fields ${Object.keys(fields).join(', ')} alone`, place);
        value[name] = form.parse(object[name], `${place}/${name}`);
      }
      const missing = Object.keys(required).find((name) => !Object.hasOwn(value, name));
      if (missing !== undefined) throw wrongJson(`the field ${missing}`, place);
      return value as T;
    },
  };
}

/** The forms of things by their kinds, the field `kind` not among them. */
export type FormsByKind<T extends { readonly kind: string }> = {
  readonly [Kind in T['kind']]: Form<Omit<Extract<T, { readonly kind: Kind }>, 'kind'>>;
};

/** One of several things, told by `kind`. */
export function byKind<T extends { readonly kind: string }>(forms: FormsByKind<T>): Form<T> {
  const formOf = (kind: string): Form<object> | undefined =>
    Object.hasOwn(forms, kind) ? (forms as Readonly<Record<string, Form<object>>>)[kind] : undefined;
  return {
    format: ({ kind, ...others }) => ({ kind, ...(formOf(kind)?.format(others) as object) }),
    parse: (json, place) => {
      const { kind, ...others } = objectAt(json, place);
      const form = typeof kind === 'string' ? formOf(kind) : undefined;
      if (form === undefined) throw wrongJson(`one of the kinds ${Object.keys(forms).join(', ')}`, place);
      return { kind, ...form.parse(others, place) } as unknown as T;
    },
  };
}

/** @throws Lwm2mServerError unless it is an object and no array */
export function objectAt(json: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw wrongJson('an object', place);
}
