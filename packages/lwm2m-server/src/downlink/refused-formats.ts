/** What a Content-Format is used for: the answer to a Read, a Write or Create, a composite operation. */
export type FormatUse = 'read' | 'write' | 'composite';

/** The Content-Formats that a device refused: of each use those that we try by ourselves, so that there are few. */
export type RefusedFormats = Partial<Readonly<Record<FormatUse, readonly number[]>>>;

/** The part of a registered endpoint that keeps them. */
export interface Refuser {
  refusedFormats: RefusedFormats | undefined;
}

/** What a device refused for a use since it registered. */
export function refusedFormats(endpoint: Refuser, use: FormatUse): readonly number[] {
  return endpoint.refusedFormats?.[use] ?? [];
}

/** Remembers for the life of the registration that a device refused a format. */
export function noteRefused(endpoint: Refuser, use: FormatUse, contentFormat: number): void {
  const refused = refusedFormats(endpoint, use);
  if (refused.includes(contentFormat)) return;
  endpoint.refusedFormats = { ...endpoint.refusedFormats, [use]: [...refused, contentFormat] };
}

/** Begins anew: what refuses every format did not mean the format. */
export function forgetRefused(endpoint: Refuser, use: FormatUse): void {
  endpoint.refusedFormats = { ...endpoint.refusedFormats, [use]: [] };
}
