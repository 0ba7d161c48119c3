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
  ExecuteHandler,
  Execution,
  InstanceCreation,
  ObjectOptions,
  ResourceWrite,
  WriteHandler,
} from './objects/handlers.ts';
export type { ResourceFilter } from './objects/nodes.ts';
export { ObjectTree } from './objects/object-tree.ts';
export type { ChangeKind, ChangeListener } from './objects/object-tree.ts';
export type { ReportedValue, SendOptions } from './reporting/send.ts';
export { simulateFirmware } from './simulator/firmware.ts';
export { startSimulatedDevices } from './simulator/simulated-devices.ts';
export type { SimulatedBootstrap, SimulatedDevices, SimulatedDevicesOptions } from './simulator/simulated-devices.ts';
export { zephyrSampleObjects } from './simulator/zephyr-sample.ts';
export type { SampleDevice } from './simulator/zephyr-sample.ts';
