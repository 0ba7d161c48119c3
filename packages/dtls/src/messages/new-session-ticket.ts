import { ByteWriter } from '@flownexus/datagram';
import type { NewSessionTicket } from './certificate.ts';
import { decodeWhole, readVector, writeVector } from './vectors.ts';

/** The body of a NewSessionTicket (RFC 5077 §3.3). The ticket is a view of it; it is empty when the server gives none after all. */
export function decodeNewSessionTicket(body: Uint8Array): NewSessionTicket {
  return decodeWhole('NewSessionTicket', body, (reader) => ({
    lifetimeSeconds: reader.u32(),
    ticket: readVector(reader, 2),
  }));
}

/** The body of a NewSessionTicket. */
export function encodeNewSessionTicket(message: NewSessionTicket): Uint8Array {
  const writer = new ByteWriter({ initialSize: 256 }).u32(message.lifetimeSeconds);
  writeVector(writer, 2, message.ticket);
  return writer.finish();
}
