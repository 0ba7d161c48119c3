/**
 * An LwM2M server: registrations, reads and observations over CoAP.
 *
 * @module
 */
export type {
  BootstrapEvents,
  BootstrapOptions,
  BootstrapPackDelivery,
  BootstrapSession,
  BootstrapSessionStep,
} from './api/bootstrap.ts';
export type { Lwm2mBootstrapServerEvents, Lwm2mBootstrapServerOptions } from './api/bootstrap-server.ts';
export type {
  CompositeOptions,
  CompositeReadResult,
  CreateResult,
  Device,
  DiscoverResult,
  ObserveOptions,
  OperationOptions,
  RawResponse,
  ReadOptions,
  ReadResult,
  TriggerOptions,
  WriteContent,
  WriteOptions,
} from './api/device.ts';
export type { Enrollment, EnrollmentAnswer, EnrollmentRequest, EstOptions } from './api/est.ts';
export type { IotDevice } from './api/gateway.ts';
export type { Lwm2mServerEvents, Refusal, RefusedOperation } from './api/events.ts';
export type {
  CampaignOptions,
  FirmwareCampaigns,
  FirmwarePackage,
  FirmwarePackages,
  FirmwareServer,
  FirmwareUpdaterEvents,
  FirmwareUpdaterOptions,
  UpdateOptions,
  UpdateSettings,
} from './api/firmware.ts';
export type {
  LogBytes,
  LogCollectorOptions,
  LogDecoder,
  LogEntry,
  LogFormat,
  LoggedValues,
  LogIntakeOptions,
  LogOperationOptions,
  LogOrigin,
  LogPath,
  LogReadOptions,
  LogRequest,
  LogResource,
  LogStartOptions,
  LogStatus,
  LogStopOptions,
  LogText,
} from './api/logs.ts';
export type {
  CancelOptions,
  DeviceObservation,
  Notification,
  ObservationPolicy,
  SendReport,
} from './api/observation.ts';
export type { Lwm2mServerOptions, UplinkHandlers } from './api/options.ts';
export type { CoapResource, ResourceClient } from './api/resource.ts';
export type { AuthorizationRequest, RefusalReason, ReportedValues, Rules } from './api/rules.ts';
export type { ServerAddress, ServerEndpoint, TransportContext } from './api/server-endpoint.ts';
export type { BootstrapConfiguration, BootstrapInstance, BootstrapQuery } from './bootstrap/bootstrap-configuration.ts';
export type { BootstrapStore } from './bootstrap/bootstrap-store.ts';
export { checkBootstrapConfiguration } from './bootstrap/check-configuration.ts';
export { formatBootstrapConfiguration, parseBootstrapConfiguration } from './bootstrap/configuration-json.ts';
export { formatBootstrapJson, parseBootstrapJson } from './bootstrap/leshan-json.ts';
export { MemoryBootstrapStore } from './bootstrap/memory-bootstrap-store.ts';
export {
  bootstrapServerAccount,
  serverAccount,
  type AccountSecurity,
  type BootstrapServerAccount,
  type ServerAccount,
} from './bootstrap/server-account.ts';
export { readAccessControl, type AccessControl, type AccessRights } from './downlink/access-control.ts';
export { checkOperation } from './downlink/check-operation.ts';
export {
  formatOperation,
  formatOperationResult,
  parseOperation,
  parseOperationResult,
} from './downlink/operation-json.ts';
export type {
  CancelObservationOperation,
  CreateOperation,
  DeleteOperation,
  DiscoverOperation,
  ExecuteOperation,
  ObserveCompositeOperation,
  ObserveOperation,
  Operation,
  OperationResult,
  ReadCompositeOperation,
  ReadOperation,
  RequestOperation,
  WriteAttributesOperation,
  WriteCompositeOperation,
  WriteOperation,
} from './downlink/operation.ts';
export { bootstrapTrigger, updateTrigger, type Trigger } from './downlink/triggers.ts';
export { ADVANCED_FIRMWARE_UPDATE_OBJECT } from './firmware/advanced-firmware-update.ts';
export { FirmwareUpdater } from './firmware/firmware-updater.ts';
export { FIRMWARE_FAILURES, FIRMWARE_STATES } from './firmware/firmware-update.ts';
export type {
  DeviceFacts,
  FirmwareDelivery,
  FirmwareFailure,
  FirmwareFailureReason,
  FirmwareObjectId,
  FirmwareSettings,
  FirmwareState,
  FirmwareUpdate,
} from './firmware/firmware-update.ts';
export { CAMPAIGN_STATES } from './firmware/firmware-campaign.ts';
export type { CampaignState, FirmwareCampaign, FirmwareCounts } from './firmware/firmware-campaign.ts';
export {
  formatFirmwareCampaign,
  formatFirmwareUpdate,
  parseFirmwareCampaign,
  parseFirmwareUpdate,
} from './firmware/firmware-json.ts';
export type { FirmwareStore, UpdateFilter } from './firmware/firmware-store.ts';
export { MemoryFirmwareStore, type MemoryFirmwareStoreOptions } from './firmware/memory-firmware-store.ts';
export type { OperationQueue, QueueOptions } from './queue/queue-api.ts';
export type {
  OperationFailure,
  OperationFailureReason,
  OperationState,
  OperationStore,
  QueuedOperation,
} from './queue/operation-store.ts';
export { LogCollector, type LogCollectorServer } from './logs/log-collector.ts';
export { LogIntake } from './logs/log-intake.ts';
export { LOG_LEVELS, type LogLevel } from './logs/log-level.ts';
export {
  logIncrementsRequest,
  logStartRequests,
  logStatusRequest,
  logStopRequest,
  parseLogStatus,
} from './logs/log-requests.ts';
export { parseLogLine, type ParsedLine } from './logs/parse-line.ts';
export type { Presence, PresenceReason } from './presence/presence.ts';
export { MemoryOperationStore, type MemoryOperationStoreOptions } from './queue/memory-operation-store.ts';
export { endpointNameProblem } from './registration/registration-parameters.ts';
export { formatRegistration, parseRegistration } from './registration/registration-json.ts';
export type { RegistrationStore, StoredRegistration } from './registration/registration-store.ts';
export type { DeregistrationReason, Registration } from './registration/registration.ts';
export { Lwm2mBootstrapServer } from './lwm2m-bootstrap-server.ts';
export { Lwm2mServer } from './lwm2m-server.ts';
export type { EndpointStatistics } from './endpoint-statistics.ts';
export { ratesBetween, type BootstrapServerStatistics, type ServerRates, type ServerStatistics } from './statistics.ts';
export type { TraceEvent, TraceHook } from '@flownexus/coap';
export type { MaybePromise } from './maybe-promise.ts';
export type { CredentialChange, CredentialStore } from './security/credential-store.ts';
export { CredentialChanges } from './security/credential-changes.ts';
export {
  certificateFingerprint,
  checkCredential,
  credentialKey,
  identityKeys,
  sameCredential,
  type DeviceCredential,
  type ProvenIdentity,
} from './security/device-credential.ts';
export { MemoryCredentialStore } from './security/memory-credential-store.ts';
export { MemoryObservationStore } from './observation/memory-observation-store.ts';
export type { ObservationStore, StoredObservation } from './observation/observation-store.ts';
export { CoapFileServer, type CoapFileServerOptions } from './files/coap-file-server.ts';
export { CoapFiles, type CoapFileOptions, type CoapFilesOptions, type ServedFile } from './files/coap-files.ts';
export { coapPackageUris, type FileAddresses, type PackageUriRequest } from './files/coap-package-uris.ts';
export { bytesSource, fileSource, type FileSource, type FileSourceOptions } from './files/file-sources.ts';
export { fileOnDemand, type FileOnDemandOptions } from './files/file-on-demand.ts';
export { coap, type CoapServerEndpointOptions } from './endpoints/coap.ts';
export {
  coaps,
  loadCredential,
  type AssociationStore,
  type CoapsServerEndpoint,
  type CoapsServerEndpointOptions,
  type CredentialSource,
  type DtlsLimits,
  type DtlsStatistics,
  type HandshakeFailure,
  type OwnCredential,
  type StoredAssociation,
  type X509Roots,
} from './endpoints/coaps.ts';
export { overTransport } from './endpoints/over-transport.ts';
export {
  Lwm2mServerError,
  Lwm2mServerErrorCodes,
  OperationRejectedError,
  type Lwm2mServerErrorCode,
} from './errors.ts';
