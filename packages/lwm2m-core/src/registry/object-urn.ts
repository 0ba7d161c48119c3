/** The URN of a registered Object: its class follows from the id, its version is named unless 1.0 (TS Core §7.2.2). */
export function registeredUrn(id: number, version: string): string {
  const objectClass = id < 1024 ? 'oma' : id < 10_241 ? 'ext' : 'x';
  return `urn:oma:lwm2m:${objectClass}:${id}${version === '1.0' ? '' : `:${version}`}`;
}
