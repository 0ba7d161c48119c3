import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { CheckpointWorkerData, LogState } from './sqlite-messages.ts';

// The thread that copies the write-ahead log into the file, beside the one that writes. It never waits for a lock.

const port = parentPort;
if (port === null) throw new Error('this module is the entry of a worker');
const { file, everyMs, pages } = workerData as CheckpointWorkerData;
const database = new DatabaseSync(file, { timeout: 0 });
const state = database.prepare('PRAGMA wal_checkpoint(NOOP)');
const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');
let failed = false;

const timer = setInterval(() => {
  try {
    const { log, checkpointed } = state.get() as unknown as LogState;
    if (log - checkpointed >= pages) checkpoint.get();
    failed = false;
  } catch (error) {
    // Once for all that fail in a row. The connection that writes does it as well, only later.
    if (!failed) port.postMessage(error);
    failed = true;
  }
}, everyMs);

port.on('message', () => {
  clearInterval(timer);
  database.close();
  port.close();
});
