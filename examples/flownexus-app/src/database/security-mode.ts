/** With what an endpoint has proven who it is. */
export type SecurityMode = 'none' | 'psk' | 'x509' | 'rpk';
