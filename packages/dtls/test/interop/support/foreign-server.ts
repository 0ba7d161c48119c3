import { freeUdpPort } from '../../../../coap/test/interop/free-udp-port.ts';
import type { Command } from '../../../../coap/test/interop/foreign-program.ts';
import { PeerProcess } from './peer-process.ts';

/** A foreign server of one test. */
export interface ForeignServer {
  readonly port: number;
  readonly process: PeerProcess;
}

/** Starts a server that can't choose its port, and waits until it says that it listens. */
export async function startServer(command: (port: number) => Command, ready: RegExp): Promise<ForeignServer> {
  const port = await freeUdpPort();
  const process = PeerProcess.start(command(port));
  await process.says(ready);
  return { port, process };
}
