import type { SenmlPatchRecord } from './record.ts';

/** A record of any kind of pack, in which absent fields may be undefined. */
export type RecordFields = { readonly [Field in keyof SenmlPatchRecord]?: SenmlPatchRecord[Field] | undefined };

/**
 * A record while it is read: every field is there, undefined until it is set. All drafts have the same hidden class, which
 * makes reading their fields several times as fast as that of records, of which each has other fields.
 */
export type RecordDraft = { -readonly [Field in keyof SenmlPatchRecord]-?: SenmlPatchRecord[Field] | undefined };

/** A draft with nothing in it. */
export function newDraft(): RecordDraft {
  return {
    bn: undefined,
    bt: undefined,
    bu: undefined,
    bv: undefined,
    bs: undefined,
    bver: undefined,
    n: undefined,
    u: undefined,
    v: undefined,
    vs: undefined,
    vb: undefined,
    vd: undefined,
    vlo: undefined,
    s: undefined,
    t: undefined,
    ut: undefined,
    float: undefined,
    bvFloat: undefined,
    remove: undefined,
  };
}

const FIELDS = Object.keys(newDraft()) as readonly (keyof RecordDraft)[];

/** The draft of a record. */
export function draftOf(record: RecordFields): RecordDraft {
  return Object.assign(newDraft(), record);
}

/** The record of a draft: without the fields that are not set. */
export function recordOf(draft: RecordDraft): SenmlPatchRecord {
  return Object.fromEntries(FIELDS.flatMap((field) => (draft[field] === undefined ? [] : [[field, draft[field]]])));
}
