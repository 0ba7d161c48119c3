import { argumentBytes, headArgument, INDEFINITE, MAJOR } from './cbor-head.ts';
import { SenmlError } from './errors.ts';

const MAX_TAGS = 4;

/**
 * The tags in front of a data item (RFC 8949 §3.4), outermost first, and the offset of the item itself. For formats
 * that allow tags: {@link decodeCbor} refuses them, so the caller decodes what follows and applies the tags.
 *
 * @throws SenmlError `ERR_SENML_CBOR` when a tag is malformed, `ERR_SENML_LIMIT` when there are more than four
 */
export function readCborTags(bytes: Uint8Array): { readonly tags: readonly number[]; readonly offset: number } {
  const tags: number[] = [];
  let offset = 0;
  for (;;) {
    const initial = bytes[offset];
    if (initial === undefined || initial >> 5 !== MAJOR.tag) return { tags, offset };
    const information = initial & 31;
    const length = argumentBytes(information);
    if (length === undefined || information === INDEFINITE || offset + 1 + length > bytes.length) {
      throw new SenmlError('ERR_SENML_CBOR', 'a tag', 'a malformed head', { offset });
    }
    if (tags.length === MAX_TAGS) {
      throw new SenmlError('ERR_SENML_LIMIT', `at most ${String(MAX_TAGS)} tags`, 'more', { offset });
    }
    tags.push(headArgument(bytes, offset));
    offset += 1 + length;
  }
}
