import type { ObjectList } from '@flownexus/lwm2m-core';

/** A device behind a gateway, as an instance of the Gateway Object tells of it (TS Gateway §6). */
export interface IotDevice {
  /** The instance of /25 that it has. */
  readonly objectInstanceId: number;
  readonly deviceId: string | undefined;
  /** The first segment of its paths: `d01` in `/d01/3303/0`. */
  readonly prefix: string;
  /** What it has, from /25/x/3; without Objects where the gateway does not say (version 1.0 of the Object). */
  readonly objects: ObjectList;
}
