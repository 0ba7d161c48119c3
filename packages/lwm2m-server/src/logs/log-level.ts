/** How bad an entry of a log is, as syslog has it (RFC 5424 §6.2.1), the worst first. */
export const LOG_LEVELS = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
