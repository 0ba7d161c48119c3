/** A request of the registration interface that is answered with an error code. Never leaves this package. */
export class RefusalError extends Error {
  override readonly name: string = 'RefusalError';
  /** The code as it goes on the wire. */
  readonly responseCode: number;

  constructor(responseCode: number, reason: string) {
    super(reason);
    this.responseCode = responseCode;
  }
}
