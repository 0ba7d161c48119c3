import { udpTransport } from '@flownexus/datagram';

/** Why this machine can't bind `host`, or `undefined` when it can. */
export async function addressIsMissing(host: string): Promise<string | undefined> {
  const transport = udpTransport({ host });
  try {
    await transport.open({ onDatagram: () => {}, onPeerClosed: () => {} });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await transport.close();
  }
}
