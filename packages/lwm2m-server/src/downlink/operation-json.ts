import {
  NOTIFICATION_ATTRIBUTE_NAMES,
  type AttributeChanges,
  type ExecuteArgument,
  type NotificationAttributeName,
  type NotificationAttributes,
} from '@flownexus/lwm2m-core';
import { limits } from '../limits.ts';
import {
  BOOLEAN,
  byKind,
  byName,
  listOf,
  NUMBER,
  objectOf,
  oneOf,
  orNull,
  TEXT,
  UINT16,
  type Form,
} from './json-form.ts';
import { formatText, parseText } from './json-text.ts';
import { BYTES, CHANGE, LINK, NODE, OBJECT_INSTANCE, RECORD } from './node-form.ts';
import type { Operation, OperationResult } from './operation.ts';

const TEXTS = listOf(TEXT);
const ACCEPT = orNull(UINT16);

function attributesOf<T>(number: Form<T>): Record<NotificationAttributeName, Form<T>> {
  const entries = NOTIFICATION_ATTRIBUTE_NAMES.map((name) => [name, number]);
  return Object.fromEntries(entries) as Record<NotificationAttributeName, Form<T>>;
}

// Which numbers an attribute can have is for `checkOperation` to say.
type Attributes = { readonly [Name in NotificationAttributeName]?: number };
type Changes = { readonly [Name in NotificationAttributeName]?: number | null } & Pick<AttributeChanges, 'unknown'>;
const ATTRIBUTES = objectOf<Attributes>({}, attributesOf(NUMBER)) as Form<NotificationAttributes>;
const ATTRIBUTE_CHANGES = objectOf<Changes>(
  {},
  { ...attributesOf(orNull(NUMBER)), unknown: byName(orNull(TEXT)) },
) as Form<AttributeChanges>;
const ARGUMENT: Form<ExecuteArgument> = objectOf<ExecuteArgument>({ digit: UINT16 }, { value: TEXT });

const OPERATION: Form<Operation> = byKind<Operation>({
  read: objectOf({ path: TEXT }, { accept: ACCEPT }),
  write: objectOf({ path: TEXT, mode: oneOf(['replace', 'update']), node: NODE }, { contentFormat: UINT16 }),
  writeAttributes: objectOf({ path: TEXT, attributes: ATTRIBUTE_CHANGES }),
  execute: objectOf({ path: TEXT }, { arguments: listOf(ARGUMENT) }),
  create: objectOf({ path: TEXT, instance: OBJECT_INSTANCE }, { contentFormat: UINT16 }),
  delete: objectOf({ path: TEXT }),
  discover: objectOf({ path: TEXT }, { depth: oneOf([0, 1, 2, 3]) }),
  observe: objectOf({ path: TEXT }, { attributes: ATTRIBUTES, accept: ACCEPT }),
  readComposite: objectOf({ paths: TEXTS }, { contentFormat: UINT16, accept: ACCEPT }),
  writeComposite: objectOf({ changes: listOf(CHANGE) }, { contentFormat: UINT16, accept: ACCEPT }),
  observeComposite: objectOf({ paths: TEXTS }, { attributes: ATTRIBUTES, contentFormat: UINT16, accept: ACCEPT }),
  cancelObservation: objectOf({ paths: TEXTS, composite: BOOLEAN }),
  request: objectOf(
    { method: oneOf(['GET', 'POST', 'PUT', 'DELETE', 'FETCH', 'PATCH', 'iPATCH']), path: TEXTS },
    { query: TEXTS, contentFormat: UINT16, accept: UINT16, payload: BYTES },
  ),
});

const RESULT: Form<OperationResult> = objectOf<OperationResult>(
  { responseCode: TEXT },
  {
    contentFormat: UINT16,
    node: NODE,
    records: listOf(RECORD),
    links: listOf(LINK),
    createdPath: TEXT,
    locationPath: TEXTS,
    payload: BYTES,
  },
);

/**
 * The text of an operation: JSON, in which what JSON does not have is tagged, so that `parseOperation` gives the same operation again.
 *
 * @throws RangeError for one beyond the bound of `limits.ts`
 */
export function formatOperation(operation: Operation): string {
  return formatText(OPERATION, operation, limits.maxOperationTextLength);
}

/**
 * Reads an operation from its text. Whether it can be sent is not looked at: see `checkOperation`.
 *
 * @throws Lwm2mServerError `ERR_LWM2M_SERVER_OPERATION` for any text that is none
 */
export function parseOperation(text: string): Operation {
  return parseText(OPERATION, text, limits.maxOperationTextLength);
}

/** The text of a result, as {@link formatOperation}. */
export function formatOperationResult(result: OperationResult): string {
  return formatText(RESULT, result, limits.maxOperationTextLength);
}

/** Reads a result from its text, as {@link parseOperation}. */
export function parseOperationResult(text: string): OperationResult {
  return parseText(RESULT, text, limits.maxOperationTextLength);
}
