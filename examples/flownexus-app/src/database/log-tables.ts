// The rows of the tables that migrations/0005-logs.ts makes and explains.

/** How an entry came: `server` says what FlowNexus itself notes in the log of a device. */
export type LogSource = 'read' | 'notification' | 'send' | 'server';
export type LogContentFormat = 'auto' | 'text' | 'bytes';

export interface DeviceLogRow {
  id: number;
  endpoint: string;
  path: string;
  source: LogSource;
  level: number | null;
  module: string | null;
  head: string;
  message: string | null;
  bytes: Uint8Array | null;
  device_time: number | null;
  received_at: number;
  uptime: number | null;
  size: number;
}

export interface LogResourceRow {
  path: string;
  format: LogContentFormat;
}

export interface LogTables {
  DeviceLog: DeviceLogRow;
  LogResource: LogResourceRow;
}
