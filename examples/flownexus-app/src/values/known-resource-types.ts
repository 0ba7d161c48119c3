import type { ResourceType as Lwm2mType } from '@flownexus/lwm2m-core';

/** A Resource under the name that FlowNexus has for it. */
export interface KnownResourceType {
  readonly objectId: number;
  readonly resourceId: number;
  readonly name: string;
  readonly type: Lwm2mType;
}

/** The object whose "Resources" are the registration events of an endpoint. No OMA object: 10240 is unassigned. */
export const REGISTRATION_EVENTS = { objectId: 10240, registered: 0, unregistered: 1, updated: 2 } as const;

/** The Object whose values a device reports together: each report is an Event. FlowNexus has this use for it, OMA's registry another. */
export const EVENT_OBJECT = 10300;

/** The Resource of IPSO's sensor objects that says what their measurements are in (`Cel`, `%RH`). */
export const SENSOR_UNITS = 5701;

/** FlowNexus' own names. All other Resources have the name of the OMA registry. */
export const knownResourceTypes: readonly KnownResourceType[] = [
  { objectId: 3303, resourceId: 5700, name: 'temperature', type: 'float' },
  { objectId: 3304, resourceId: 5700, name: 'humidity', type: 'float' },
  { objectId: 3, resourceId: 0, name: 'manufacturer', type: 'string' },
  { objectId: 3, resourceId: 1, name: 'model_number', type: 'string' },
  { objectId: 3, resourceId: 2, name: 'serial_number', type: 'string' },
  { objectId: 3, resourceId: 3, name: 'firmware_version', type: 'string' },
  { objectId: 3, resourceId: 4, name: 'reboot', type: 'none' },
  { objectId: 3, resourceId: 5, name: 'factory_reset', type: 'none' },
  { objectId: 3, resourceId: 6, name: 'power_source', type: 'integer' },
  { objectId: 3, resourceId: 7, name: 'power_source_v', type: 'integer' },
  { objectId: 3, resourceId: 8, name: 'power_source_i', type: 'integer' },
  { objectId: 3, resourceId: 9, name: 'battery_level', type: 'integer' },
  { objectId: 3, resourceId: 10, name: 'memory_free', type: 'integer' },
  { objectId: 3, resourceId: 11, name: 'error_code', type: 'integer' },
  { objectId: 3, resourceId: 12, name: 'reset_error_code', type: 'none' },
  { objectId: 3, resourceId: 13, name: 'current_time', type: 'time' },
  { objectId: 3, resourceId: 14, name: 'utc_offset', type: 'string' },
  { objectId: 3, resourceId: 15, name: 'timezone', type: 'string' },
  { objectId: 3, resourceId: 16, name: 'binding_mode', type: 'string' },
  { objectId: 3, resourceId: 17, name: 'device_type', type: 'string' },
  { objectId: 3, resourceId: 18, name: 'hardware_version', type: 'string' },
  { objectId: 3, resourceId: 19, name: 'software_version', type: 'string' },
  { objectId: 3, resourceId: 20, name: 'battery_status', type: 'integer' },
  { objectId: 3, resourceId: 21, name: 'memory_total', type: 'integer' },
  { objectId: 3, resourceId: 22, name: 'ext_dev_info', type: 'objlnk' },
  { objectId: 5, resourceId: 0, name: 'package', type: 'opaque' },
  { objectId: 5, resourceId: 1, name: 'package_uri', type: 'string' },
  { objectId: 5, resourceId: 2, name: 'update', type: 'none' },
  { objectId: 5, resourceId: 3, name: 'state', type: 'integer' },
  { objectId: 5, resourceId: 5, name: 'update_result', type: 'integer' },
  { objectId: 5, resourceId: 6, name: 'package_version', type: 'string' },
  { objectId: REGISTRATION_EVENTS.objectId, resourceId: 0, name: 'ep_registered', type: 'time' },
  { objectId: REGISTRATION_EVENTS.objectId, resourceId: 1, name: 'ep_unregistered', type: 'time' },
  { objectId: REGISTRATION_EVENTS.objectId, resourceId: 2, name: 'ep_registration_update', type: 'time' },
];
