/** The values of State (5/0/3). */
export const FirmwareState = { IDLE: 0, DOWNLOADING: 1, DOWNLOADED: 2, UPDATING: 3 } as const;
export type FirmwareState = (typeof FirmwareState)[keyof typeof FirmwareState];

/** The values of Update Result (5/0/5), and when they come. */
export const FirmwareResult = {
  /** Nothing has happened yet, or something new has begun. */
  INITIAL: 0,
  SUCCESS: 1,
  NOT_ENOUGH_FLASH: 2,
  OUT_OF_RAM: 3,
  CONNECTION_LOST: 4,
  INTEGRITY_FAILED: 5,
  UNSUPPORTED_TYPE: 6,
  INVALID_URI: 7,
  UPDATE_FAILED: 8,
  UNSUPPORTED_PROTOCOL: 9,
  /** LwM2M 1.1, as is `DEFERRED`. */
  CANCELLED: 10,
  DEFERRED: 11,
} as const;
export type FirmwareResult = (typeof FirmwareResult)[keyof typeof FirmwareResult];

/** A failure of an update that has an Update Result: thrown by what fetches, inspects and installs packages. */
export class FirmwareFailure extends Error {
  override readonly name: string = 'FirmwareFailure';
  readonly result: FirmwareResult;

  constructor(result: FirmwareResult, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.result = result;
  }
}
