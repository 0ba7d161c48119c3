import type { CborNote } from './cbor-scan.ts';
import { narrowInteger } from './numbers.ts';

/** A float whose value is integral, such as 25.0: the document has it as a float, not as an integer. */
export class CborFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** A data item with tags (RFC 8949 §3.4). */
export class CborTagged {
  /** Outermost first; beyond 2^53 they are rounded. */
  readonly tags: readonly number[];
  readonly value: unknown;

  constructor(tags: readonly number[], value: unknown) {
    this.tags = tags;
    this.value = value;
  }
}

interface Notes {
  readonly notes: readonly CborNote[];
  next: number;
  ordinal: number;
}

// The mark at the start is text, and the engine's own decoder drops it.
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The value that the engine decoded, with what it can not say put in. Arrays and maps are changed in place. */
export function applyNotes(value: unknown, notes: readonly CborNote[]): unknown {
  return visit({ notes, next: 0, ordinal: 0 }, value);
}

function visit(state: Notes, value: unknown): unknown {
  const { notes, ordinal } = state;
  state.ordinal += 1;
  let note = notes[state.next];
  let tags: readonly number[] | undefined;
  let result = value;
  while (note?.ordinal === ordinal) {
    if (typeof note.kind === 'object') tags = note.kind;
    else result = applyKind(note.kind, value);
    state.next += 1;
    note = notes[state.next];
  }
  if (typeof value === 'object' && note !== undefined) {
    if (Array.isArray(value)) visitArray(state, value);
    else if (value instanceof Map) visitMap(state, value);
  }
  return tags === undefined ? result : new CborTagged(tags, result);
}

function visitArray(state: Notes, array: unknown[]): void {
  for (let index = 0; index < array.length; index += 1) {
    if (state.next === state.notes.length) return;
    array[index] = visit(state, array[index]);
  }
}

/** The keys keep their order, so a map is filled anew when one of them changes. */
function visitMap(state: Notes, map: Map<unknown, unknown>): void {
  const entries: [unknown, unknown][] = [];
  let changed = false;
  for (const [key, value] of map) {
    const newKey = visit(state, key);
    if (newKey !== key) changed = true;
    entries.push([newKey, visit(state, value)]);
  }
  if (changed) map.clear();
  for (const [key, value] of entries) map.set(key, value);
}

function applyKind(kind: 'float' | 'integer' | 'text', value: unknown): unknown {
  switch (kind) {
    case 'float':
      return new CborFloat(value as number);
    case 'integer':
      return narrowInteger(value as bigint);
    case 'text':
      return textDecoder.decode(value as Uint8Array);
  }
}
