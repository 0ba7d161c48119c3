import type { ColumnTypes } from './column-types.ts';

/** The tables of what devices log. */
export function logTables({ int, text, key, blob, strict }: ColumnTypes): string[] {
  return [
    `INSERT INTO "IdBlock" (name, next) VALUES ('DeviceLog', 1)`,
    `CREATE TABLE "DeviceLog" (
      id ${int} PRIMARY KEY,
      endpoint ${key} NOT NULL REFERENCES "Endpoint" (endpoint) ON DELETE CASCADE,
      -- The Resource that it came in.
      path ${key} NOT NULL,
      source ${text} NOT NULL CHECK (source IN ('read', 'notification', 'send', 'server')),
      -- As syslog has it: 0 emergency to 7 debug. Null: the line has none.
      level ${int} CHECK (level BETWEEN 0 AND 7),
      module ${key},
      -- A line is head || message: what stands before the message is time, level and module. Null: it is no text.
      head ${key} NOT NULL,
      message ${key},
      bytes ${blob},
      -- What the device says when it was.
      device_time ${int},
      received_at ${int} NOT NULL,
      -- Milliseconds from the start of the device.
      uptime ${int},
      -- Bytes of the line, or of the bytes.
      size ${int} NOT NULL
    ) ${strict}`,
    // With the size, so that what an endpoint has is summed up without its rows.
    `CREATE INDEX "DeviceLog_endpoint" ON "DeviceLog" (endpoint, received_at, id, size)`,
    `CREATE INDEX "DeviceLog_time" ON "DeviceLog" (received_at, id)`,
    // Resources that are logs beside those of the Event Log and the System Log: /26241/*/1.
    `CREATE TABLE "LogResource" (
      path ${key} PRIMARY KEY,
      format ${text} NOT NULL CHECK (format IN ('auto', 'text', 'bytes'))
    ) ${strict}`,
  ];
}
