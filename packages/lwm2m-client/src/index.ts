export { Lwm2mClientError, Lwm2mClientErrorCodes, Refusal } from './errors.ts';
export type { Lwm2mClientErrorCode } from './errors.ts';
export { Lwm2mDevice } from './bootstrap/lwm2m-device.ts';
export type { Lwm2mDeviceOptions, TransportUse } from './bootstrap/device-options.ts';
export { Lwm2mClient } from './lwm2m-client.ts';
export type { Lwm2mClientOptions, ProfileOptions } from './client-options.ts';
export type { Lwm2mVersion } from './operations/device.ts';
export type { QueueModeOptions } from './queue-mode/awake-window.ts';
export type { NotificationOutcome } from './reporting/notifier.ts';
export type { ResourceContent } from './objects/content.ts';
export type {
  BlockHandler,
  ExecuteHandler,
  Execution,
  InstanceCreation,
  ObjectOptions,
  ReadHandler,
  ResourceWrite,
  WriteBlock,
  WriteHandler,
} from './objects/handlers.ts';
export type { ResourceFilter } from './objects/nodes.ts';
export { ObjectTree } from './objects/object-tree.ts';
export type { ChangeKind, ChangeListener } from './objects/object-tree.ts';
export { EventLog, type EventLogOptions } from './logs/event-log.ts';
export type { SendIncrement } from './logs/increments.ts';
export { SystemLog, SystemLogLevel, type SystemLogOptions } from './logs/system-log.ts';
export type { ReportedValue, SendOptions } from './reporting/send.ts';
export { coapFetcher, type CoapFetcherOptions } from './firmware/coap-fetcher.ts';
export { FirmwareObject } from './firmware/firmware-object.ts';
export type { FirmwareObjectOptions, PackageFetchers, PackageInfo } from './firmware/firmware-options.ts';
export { FirmwareFailure, FirmwareResult, FirmwareState } from './firmware/firmware-results.ts';
export { httpFetcher, type HttpFetcherOptions } from './firmware/http-fetcher.ts';
export type { PackageFetcher, PackageTransfer } from './firmware/package-fetcher.ts';
export { startSimulatedDevices } from './simulator/simulated-devices.ts';
export type { SimulatedBootstrap, SimulatedDevices, SimulatedDevicesOptions } from './simulator/simulated-devices.ts';
export { zephyrSampleObjects } from './simulator/zephyr-sample.ts';
export type { SampleDevice } from './simulator/zephyr-sample.ts';
