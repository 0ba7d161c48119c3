/** Alert descriptions by name (RFC 5246 §7.2, RFC 4279 §6, RFC 6066 §9). */
export const Alert = {
  close_notify: 0,
  unexpected_message: 10,
  bad_record_mac: 20,
  record_overflow: 22,
  handshake_failure: 40,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  decrypt_error: 51,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  user_canceled: 90,
  no_renegotiation: 100,
  unsupported_extension: 110,
  unrecognized_name: 112,
  unknown_psk_identity: 115,
} as const;
export type AlertName = keyof typeof Alert;

/** `warning` or `fatal` (RFC 5246 §7.2). */
export const AlertLevel = { warning: 1, fatal: 2 } as const;

const names = new Map<number, AlertName>(
  Object.entries(Alert).map(([name, description]) => [description, name as AlertName]),
);

/** The name of an alert description; undefined for one that is not in the table. */
export function alertName(description: number): AlertName | undefined {
  return names.get(description);
}

/** The content of an alert record: two bytes. */
export function encodeAlert(level: keyof typeof AlertLevel, name: AlertName): Uint8Array {
  return Uint8Array.of(AlertLevel[level], Alert[name]);
}

/** The content of an alert record as it was received. */
export interface ReceivedAlert {
  /** Whether it ends the connection: any that is fatal, and close_notify (RFC 5246 §7.2.1). */
  readonly ends: boolean;
  /** Undefined for a description that is not in the table. */
  readonly name: AlertName | undefined;
  readonly description: number;
}

/** Decodes the content of an alert record (RFC 5246 §7.2); undefined when it is none. Never throws. */
export function decodeAlert(content: Uint8Array): ReceivedAlert | undefined {
  const [level, description] = content;
  if (content.length !== 2 || description === undefined) return undefined;
  if (level !== AlertLevel.warning && level !== AlertLevel.fatal) return undefined;
  return {
    ends: level === AlertLevel.fatal || description === Alert.close_notify,
    name: alertName(description),
    description,
  };
}
