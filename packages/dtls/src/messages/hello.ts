/** What a hello says in its extensions. Absent extensions are undefined or false; unknown ones are skipped. */
export interface ClientExtensions {
  /** RFC 6066 §3: the host name; undefined when absent. */
  readonly serverName: string | undefined;
  /** RFC 6066 §4: 1 to 4. */
  readonly maxFragmentLength: number | undefined;
  /** RFC 8449. */
  readonly recordSizeLimit: number | undefined;
  /** RFC 8422 §5.1.1, in the client's order. */
  readonly groups: readonly number[] | undefined;
  /** RFC 8422 §5.1.2. */
  readonly pointFormats: readonly number[] | undefined;
  /** RFC 5246 §7.4.1.4.1, two bytes each. */
  readonly signatureSchemes: readonly number[] | undefined;
  /** RFC 7250: 0 X.509, 2 raw public key. */
  readonly clientCertificateTypes: readonly number[] | undefined;
  readonly serverCertificateTypes: readonly number[] | undefined;
  /** RFC 7366. */
  readonly encryptThenMac: boolean;
  /** RFC 7627. */
  readonly extendedMasterSecret: boolean;
  /** RFC 5077; empty: the client takes one. */
  readonly sessionTicket: Uint8Array | undefined;
  /** RFC 9146: the Connection ID that the sender wants on records it receives; may be empty. */
  readonly connectionId: Uint8Array | undefined;
  /** RFC 5746: renegotiated_connection, without its length byte. */
  readonly renegotiationInfo: Uint8Array | undefined;
}

/** RFC 5246 §7.4.1.2, RFC 6347 §4.2.1. */
export interface ClientHello {
  readonly version: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cookie: Uint8Array;
  /** In the client's order, signalling values (such as 0x00ff, RFC 5746) among them. */
  readonly cipherSuites: readonly number[];
  readonly compressionMethods: readonly number[];
  readonly extensions: ClientExtensions;
}

/** The extensions of a ServerHello: each answers one of the ClientHello. */
export interface ServerExtensions {
  /** RFC 6066 §3: the server used the name. */
  readonly serverName: boolean;
  readonly maxFragmentLength: number | undefined;
  readonly recordSizeLimit: number | undefined;
  readonly pointFormats: readonly number[] | undefined;
  readonly clientCertificateType: number | undefined;
  readonly serverCertificateType: number | undefined;
  readonly encryptThenMac: boolean;
  readonly extendedMasterSecret: boolean;
  /** RFC 5077: a NewSessionTicket will come. */
  readonly sessionTicket: boolean;
  readonly connectionId: Uint8Array | undefined;
  readonly renegotiationInfo: Uint8Array | undefined;
}

/** RFC 5246 §7.4.1.3. */
export interface ServerHello {
  readonly version: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cipherSuite: number;
  readonly compressionMethod: number;
  readonly extensions: ServerExtensions;
}

/** RFC 6347 §4.2.1. */
export interface HelloVerifyRequest {
  readonly version: number;
  readonly cookie: Uint8Array;
}
