import { ContentFormat } from './content-format.ts';
import type { DefinitionSource } from './definition.ts';
import { DecodeError, Lwm2mError } from './errors.ts';
import { enablerVersion } from './registry/implied-versions.ts';
import { MAX_VERSIONS_OF_FORMATS } from './limits.ts';
import { encodeError } from './formats/format.ts';
import type { EncodeOptions } from './formats/format.ts';
import { encodePayload } from './formats/payload.ts';
import type { Lwm2mNode } from './node.ts';
import type { PathLike } from './path.ts';

/** What an endpoint told of itself when it registered. */
export interface EndpointFormats {
  /** The Content-Formats that `ct` of its root link names; empty when it has none. */
  readonly contentFormats: readonly number[];
  /** Such as `1.1`. */
  readonly lwm2mVersion: string;
}

/** Formats for whole trees, the best first: compact ones that carry types and times. */
const TREE_FORMATS: readonly number[] = [
  ContentFormat.SENML_CBOR,
  ContentFormat.LWM2M_CBOR,
  ContentFormat.SENML_JSON,
  ContentFormat.TLV,
  ContentFormat.OMA_JSON,
];

/** What a client of the version has to have, or mostly has (TS Core §7.4), the best first; of later versions that of 1.2. */
const FORMATS_OF_VERSION: ReadonlyMap<string, readonly number[]> = new Map([
  ['1.0', [ContentFormat.TLV, ContentFormat.OMA_JSON]],
  ['1.1', [ContentFormat.SENML_CBOR, ContentFormat.SENML_JSON, ContentFormat.TLV]],
]);
const FORMATS_OF_1_2: readonly number[] = [
  ContentFormat.SENML_CBOR,
  ContentFormat.LWM2M_CBOR,
  ContentFormat.SENML_JSON,
  ContentFormat.TLV,
];

/**
 * The Content-Formats in which to exchange trees with an endpoint, the best first: of SenML CBOR, LwM2M CBOR, SenML JSON
 * and TLV those that it announced, in this order, then those of its LwM2M version (1.0: TLV, OMA JSON; 1.1:
 * SenML CBOR, SenML JSON, TLV; 1.2: LwM2M CBOR as the second besides), and OMA JSON last. The first is the Accept of a Read; the others are
 * for when it is refused.
 */
export function contentFormatsFor({ contentFormats, lwm2mVersion }: EndpointFormats): readonly number[] {
  // Asked before each Read. Registrations of one kind have one frozen list in common.
  if (!Object.isFrozen(contentFormats)) return chosen(contentFormats, lwm2mVersion);
  let byVersion = choices.get(contentFormats);
  if (byVersion === undefined) choices.set(contentFormats, (byVersion = new Map<string, readonly number[]>()));
  let choice = byVersion.get(lwm2mVersion);
  if (choice === undefined) {
    if (byVersion.size >= MAX_VERSIONS_OF_FORMATS) byVersion.clear();
    byVersion.set(lwm2mVersion, (choice = Object.freeze(chosen(contentFormats, lwm2mVersion))));
  }
  return choice;
}

const choices = new WeakMap<readonly number[], Map<string, readonly number[]>>();

function chosen(contentFormats: readonly number[], lwm2mVersion: string): readonly number[] {
  const announced = TREE_FORMATS.filter((contentFormat) => contentFormats.includes(contentFormat));
  const implied = FORMATS_OF_VERSION.get(enablerVersion(lwm2mVersion)) ?? FORMATS_OF_1_2;
  const all = new Set([...announced, ...implied]);
  // Who announces it has it besides TLV, which is mandatory where it exists (TS Core 1.0 §6.4), and Wakaama 1.0 loses what is written in it to one Resource.
  if (all.delete(ContentFormat.OMA_JSON)) all.add(ContentFormat.OMA_JSON);
  return [...all];
}

/**
 * The Content-Format for a composite operation with an endpoint: SenML-ETCH when it announced that, else SenML, in CBOR
 * unless it announced JSON alone. What removes Resource Instances needs SenML-ETCH in any case (TS Core 1.2 §6.3.10).
 */
export function compositeFormatFor(endpoint: EndpointFormats, removes = false): number {
  const etch = [ContentFormat.SENML_ETCH_CBOR, ContentFormat.SENML_ETCH_JSON].find((contentFormat) =>
    endpoint.contentFormats.includes(contentFormat),
  );
  if (etch !== undefined) return etch;
  const isJson =
    contentFormatsFor(endpoint).find((contentFormat) => SENML.includes(contentFormat)) === ContentFormat.SENML_JSON;
  if (removes) return isJson ? ContentFormat.SENML_ETCH_JSON : ContentFormat.SENML_ETCH_CBOR;
  return isJson ? ContentFormat.SENML_JSON : ContentFormat.SENML_CBOR;
}

const SENML: readonly number[] = [ContentFormat.SENML_CBOR, ContentFormat.SENML_JSON];

export interface EncodeForEndpointOptions extends EncodeOptions {
  /** Formats that the endpoint has answered with 4.15, not to be picked again. */
  readonly refused?: readonly number[];
}

/** A payload, and the format that was picked for it. */
export interface EncodedForEndpoint {
  readonly contentFormat: number;
  readonly payload: Uint8Array;
}

/**
 * Encodes a node for a request to an endpoint, in the best format that the endpoint has and that has a form for the node:
 * a single opaque value in octet-stream, which every version has and which adds nothing to it; everything else in the
 * first of {@link contentFormatsFor} that can. SenML, for example, has no form for an Object Instance without an id, TLV
 * none for the root.
 *
 * @throws Lwm2mError `ERR_LWM2M_ENCODE` when no format is left
 * @throws RangeError, TypeError as {@link encodePayload}
 */
export function encodeForEndpoint(
  node: Lwm2mNode,
  path: PathLike,
  endpoint: EndpointFormats,
  definitions?: DefinitionSource,
  options: EncodeForEndpointOptions = {},
): EncodedForEndpoint {
  const { refused = [], ...encodeOptions } = options;
  let reason: unknown;
  for (const contentFormat of candidates(node, endpoint)) {
    if (refused.includes(contentFormat)) continue;
    try {
      return { contentFormat, payload: encodePayload(node, contentFormat, path, definitions, encodeOptions) };
    } catch (error) {
      if (!(error instanceof Lwm2mError) || error instanceof DecodeError) throw error;
      reason = error;
    }
  }
  throw encodeError('the endpoint has no Content-Format with a form for the node', reason);
}

function candidates(node: Lwm2mNode, endpoint: EndpointFormats): readonly number[] {
  const forTrees = contentFormatsFor(endpoint);
  const isOpaque = (node.kind === 'singleResource' || node.kind === 'resourceInstance') && node.type === 'opaque';
  return isOpaque ? [ContentFormat.OPAQUE, ...forTrees] : forTrees;
}
