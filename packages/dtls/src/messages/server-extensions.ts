import { handshakeError } from '../errors.ts';
import { type ExtensionBlock, extensionBlock, ExtensionType } from './extension-block.ts';
import {
  certificateType,
  maxFragmentLength,
  pointFormats,
  present,
  recordSizeLimit,
  shortBytes,
} from './extension-codecs.ts';
import type { ServerExtensions } from './hello.ts';

/** A ServerHello without extensions. */
export const noServerExtensions: ServerExtensions = Object.freeze({
  serverName: false,
  maxFragmentLength: undefined,
  recordSizeLimit: undefined,
  pointFormats: undefined,
  clientCertificateType: undefined,
  serverCertificateType: undefined,
  encryptThenMac: false,
  extendedMasterSecret: false,
  sessionTicket: false,
  connectionId: undefined,
  renegotiationInfo: undefined,
});

/** The extensions of a ServerHello. */
export const serverExtensionBlock: ExtensionBlock<ServerExtensions> = extensionBlock({
  table: {
    serverName: { type: ExtensionType.serverName, codec: present },
    maxFragmentLength: { type: ExtensionType.maxFragmentLength, codec: maxFragmentLength },
    recordSizeLimit: { type: ExtensionType.recordSizeLimit, codec: recordSizeLimit },
    pointFormats: { type: ExtensionType.pointFormats, codec: pointFormats },
    clientCertificateType: { type: ExtensionType.clientCertificateType, codec: certificateType },
    serverCertificateType: { type: ExtensionType.serverCertificateType, codec: certificateType },
    encryptThenMac: { type: ExtensionType.encryptThenMac, codec: present },
    extendedMasterSecret: { type: ExtensionType.extendedMasterSecret, codec: present },
    sessionTicket: { type: ExtensionType.sessionTicket, codec: present },
    connectionId: { type: ExtensionType.connectionId, codec: shortBytes },
    renegotiationInfo: { type: ExtensionType.renegotiationInfo, codec: shortBytes },
  },
  absent: noServerExtensions,
  onOther: refuseUnasked,
});

function refuseUnasked(type: number): void {
  // Some servers echo supported_groups, which clients of all makes ignore.
  if (type === ExtensionType.groups) return;
  // RFC 5246 §7.4.1.4: a type that the client has not asked for. What is not in the table we never ask for.
  throw handshakeError('unsupported_extension', `the server answers extension ${type}, which was not offered`);
}
