/**
 * LwM2M without IO: paths, nodes, object definitions and content formats.
 *
 * @module
 */
export { DecodeError, Lwm2mError, Lwm2mErrorCodes, type Lwm2mErrorCode } from './errors.ts';

export {
  ROOT_PATH,
  comparePaths,
  formatPath,
  parsePath,
  pathLevel,
  pathOf,
  pathStartsWith,
  toPath,
  withPrefix,
  type Path,
  type PathLevel,
  type PathLike,
} from './path.ts';
export type { ObjectLink, ResourceType, ResourceValue } from './value.ts';
export type {
  DecodedPayload,
  IotDeviceNode,
  Lwm2mNode,
  MultipleResourceNode,
  ObjectInstanceNode,
  ObjectNode,
  ResourceInstanceNode,
  ResourceNode,
  ResourceRecord,
  RootNode,
  SingleResourceNode,
} from './node.ts';

export type { DefinitionSource, ObjectDefinition, ResourceDefinition, ResourceOperations } from './definition.ts';
export { ObjectRegistry } from './registry/object-registry.ts';
export { parseObjectXml, type ObjectXmlOptions, type ObjectXmlWarning } from './registry/object-xml.ts';
export { parseRange, type NumberBound, type ValueRange } from './registry/value-range.ts';
export { checkValue } from './registry/check-value.ts';
export { readObjectList, type ObjectList, type RegisteredLink } from './registration/object-list.ts';
export { impliedObjectVersion } from './registry/implied-versions.ts';

export {
  CONTENT_FORMATS,
  ContentFormat,
  contentFormatName,
  describeContentFormat,
  type ContentFormatDescription,
} from './content-format.ts';
export {
  formatLinkFormat,
  parseLinkFormat,
  type Link,
  type LinkFormatOptions,
  type LinkFormatWarning,
} from './link-format.ts';

export { UNASSIGNED_INSTANCE_ID, nodeFromRecords, recordsFromNode } from './node-tree.ts';
export { formatObjectLink, parseObjectLink } from './object-link.ts';
export { decodePathList, decodePayload, encodePathList, encodePayload, encodeRecords } from './formats/payload.ts';
export type { DecodeOptions, EncodeOptions } from './formats/format.ts';
