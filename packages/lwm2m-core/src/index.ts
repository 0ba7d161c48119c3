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
  ResourceChange,
  ResourceNode,
  ResourceRecord,
  ResourceRemoval,
  RootNode,
  SingleResourceNode,
} from './node.ts';

export type { DefinitionSource, ObjectDefinition, ResourceDefinition, ResourceOperations } from './definition.ts';
export { ObjectRegistry } from './registry/object-registry.ts';
export { parseObjectXml, type ObjectXmlOptions, type ObjectXmlWarning } from './registry/object-xml.ts';
export { parseRange, type NumberBound, type ValueRange } from './registry/value-range.ts';
export { checkValue } from './registry/check-value.ts';
export { readObjectList, type ObjectList } from './registration/object-list.ts';
export type { RegisteredLink } from './registration/registered-link.ts';
export { impliedObjectVersion } from './registry/implied-versions.ts';

export {
  CONTENT_FORMATS,
  ContentFormat,
  contentFormatName,
  describeContentFormat,
  type ContentFormatDescription,
} from './content-format.ts';
export {
  compositeFormatFor,
  contentFormatsFor,
  encodeForEndpoint,
  type EncodedForEndpoint,
  type EncodeForEndpointOptions,
  type EndpointFormats,
} from './choose-content-format.ts';
export type { Link } from './link-format/link.ts';
export { formatLinkFormat } from './link-format/format-link-format.ts';
export { parseLinkFormat, type LinkFormatOptions, type LinkFormatWarning } from './link-format/parse-link-format.ts';
export { attributesOfLink, type LinkAttributes, type ReadLinkAttributes } from './link-format/link-attributes.ts';

export { UNASSIGNED_INSTANCE_ID, nodeFromRecords, recordsFromNode } from './node-tree.ts';
export { formatObjectLink, parseObjectLink } from './object-link.ts';
export { decodeChanges, decodePathList, encodeChanges, encodePathList } from './formats/composite.ts';
export { decodePayload, encodePayload, encodeRecords } from './formats/payload.ts';
export type { DecodeOptions, DecodeWarning, EncodeOptions } from './formats/format.ts';

export { ATTRIBUTES, NOTIFICATION_ATTRIBUTE_NAMES } from './attributes/attribute-table.ts';
export type {
  AttributeDescription,
  AttributeName,
  AttributeNumberKind,
  AttributeValueKind,
  NotificationAttributeDescription,
  NotificationAttributeName,
  PropertyAttributeName,
} from './attributes/attribute-table.ts';
export type {
  AttributeChanges,
  AttributeProblem,
  NotificationAttributes,
} from './attributes/notification-attributes.ts';
export { parseAttributes } from './attributes/parse-attributes.ts';
export { formatAttributes } from './attributes/format-attributes.ts';
export { checkAttributes } from './attributes/check-attributes.ts';
export { effectiveAttributes, type AttributeLevels } from './attributes/effective-attributes.ts';
export { formatExecuteArguments, parseExecuteArguments, type ExecuteArgument } from './execute-arguments.ts';
