export * from './api.ts';
export { blockOption, blockSize, decodeBlock, encodeBlock, largestSzx, MAX_SZX } from './block.ts';
export type { BlockValue } from './block.ts';
export { CoapClient } from './client/coap-client.ts';
export type {
  ClientObserveOptions,
  ClientRequest,
  ClientRequestOptions,
  CoapClientOptions,
  CoapNotifications,
} from './client/coap-client.ts';
export { formatCoapUri, parseCoapUri } from './client/coap-uri.ts';
export type { CoapScheme, CoapUri, CoapUriParts } from './client/coap-uri.ts';
export { Code, codeClass, formatCode, isRequest, isResponse, isSuccess, parseCode } from './code.ts';
export { decodeMessage, encodeMessage } from './codec.ts';
export { ContentFormat } from './content-format.ts';
export { CoapError, CoapErrorCodes } from './errors.ts';
export type { CoapErrorCode } from './errors.ts';
export { CoapFormatError } from './format-error.ts';
export type { FormatErrorReply } from './format-error.ts';
export { filterLinks, matchesFilter } from './link-format/filter-links.ts';
export { formatLinks } from './link-format/format-links.ts';
export type { Link, LinkAttribute } from './link-format/link.ts';
export { parseLinks } from './link-format/parse-links.ts';
export { DEFAULT_LIMITS } from './limits.ts';
export type { CoapLimits, CoapUsage } from './limits.ts';
export { MessageType } from './message.ts';
export type { CoapMessage, CoapOption } from './message.ts';
export { AllCoapNodes } from './multicast.ts';
export {
  buildOptions,
  decodeString,
  decodeUint,
  encodeUint,
  findOption,
  makeOption,
  makeStringOption,
  makeUintOption,
  opaqueOptions,
  stringOptions,
  uintOption,
} from './option-values.ts';
export type { OptionFields } from './option-values.ts';
export {
  checkOptions,
  isCritical,
  isNoCacheKey,
  isUnsafe,
  optionDefinition,
  optionDefinitions,
  OptionNumber,
} from './options.ts';
export type { CheckedOptions, OptionDefinition, OptionFormat } from './options.ts';
export { CoapEndpoint } from './engine/coap-endpoint.ts';
export type { CoapEndpointOptions } from './engine/coap-endpoint.ts';
export type { PeerSettings } from './engine/peer-settings.ts';
export { sumStatistics } from './engine/statistics.ts';
export type { CoapStatistics } from './engine/statistics.ts';
export {
  DEFAULT_TRANSMISSION_PARAMETERS,
  transmissionParameters,
  transmissionTimes,
} from './engine/transmission-parameters.ts';
export type { TransmissionParameters, TransmissionTimes } from './engine/transmission-parameters.ts';
export type { AttributeValue, AttributeValues } from './server/attributes.ts';
export type { ObservableOptions } from './server/pacing.ts';
export type { ParameterNames, PathParameters, ResourcePath } from './server/path.ts';
export { replies } from './server/replies.ts';
export type { MethodName, ResourceDefinition, ResourceHandler } from './server/resource.ts';
export type { RoutedRequest } from './server/routed-request.ts';
export { Router } from './server/router.ts';
export type { RouterOptions } from './server/router.ts';
export type { TraceEvent, TraceHook } from './trace.ts';
