import { type ExtensionBlock, extensionBlock, ExtensionType } from './extension-block.ts';
import {
  certificateTypes,
  groups,
  maxFragmentLength,
  pointFormats,
  present,
  recordSizeLimit,
  serverName,
  sessionTicket,
  shortBytes,
  signatureSchemes,
} from './extension-codecs.ts';
import type { ClientExtensions } from './hello.ts';

/** A ClientHello without extensions. */
export const noClientExtensions: ClientExtensions = Object.freeze({
  serverName: undefined,
  maxFragmentLength: undefined,
  recordSizeLimit: undefined,
  groups: undefined,
  pointFormats: undefined,
  signatureSchemes: undefined,
  clientCertificateTypes: undefined,
  serverCertificateTypes: undefined,
  encryptThenMac: false,
  extendedMasterSecret: false,
  sessionTicket: undefined,
  connectionId: undefined,
  renegotiationInfo: undefined,
});

/** The extensions of a ClientHello. What a server does not know it ignores (RFC 5246 §7.4.1.4). */
export const clientExtensionBlock: ExtensionBlock<ClientExtensions> = extensionBlock({
  table: {
    serverName: { type: ExtensionType.serverName, codec: serverName },
    maxFragmentLength: { type: ExtensionType.maxFragmentLength, codec: maxFragmentLength },
    recordSizeLimit: { type: ExtensionType.recordSizeLimit, codec: recordSizeLimit },
    groups: { type: ExtensionType.groups, codec: groups },
    pointFormats: { type: ExtensionType.pointFormats, codec: pointFormats },
    signatureSchemes: { type: ExtensionType.signatureSchemes, codec: signatureSchemes },
    clientCertificateTypes: { type: ExtensionType.clientCertificateType, codec: certificateTypes },
    serverCertificateTypes: { type: ExtensionType.serverCertificateType, codec: certificateTypes },
    encryptThenMac: { type: ExtensionType.encryptThenMac, codec: present },
    extendedMasterSecret: { type: ExtensionType.extendedMasterSecret, codec: present },
    sessionTicket: { type: ExtensionType.sessionTicket, codec: sessionTicket },
    connectionId: { type: ExtensionType.connectionId, codec: shortBytes },
    renegotiationInfo: { type: ExtensionType.renegotiationInfo, codec: shortBytes },
  },
  absent: noClientExtensions,
  onOther: () => undefined,
});
