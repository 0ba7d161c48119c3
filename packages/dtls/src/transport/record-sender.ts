import { encodeAlert, type AlertLevel, type AlertName } from '../alert.ts';
import { DtlsError } from '../errors.ts';
import { ContentType } from '../records/record.ts';
import type { Association } from './association.ts';
import type { Core } from './core.ts';
import { allowSending } from './path.ts';
import type { Persistence } from './persistence.ts';

/** Sends records of associations, within what each may send. */
export class RecordSender {
  readonly #core: Core;
  readonly #persistence: Persistence | undefined;

  constructor(core: Core, persistence: Persistence | undefined) {
    this.#core = core;
    this.#persistence = persistence;
  }

  /** Sends a datagram of the application: when there is a sequence number for it, or never, which is counted. */
  sendDatagram(association: Association, datagram: Uint8Array): void {
    const persistence = this.#persistence;
    if (persistence !== undefined && !persistence.mayWrite(association)) {
      // A copy: the caller may change the bytes meanwhile.
      const copy = Uint8Array.from(datagram);
      const send = (): void => this.sendDatagram(association, copy);
      if (persistence.hold(association, { size: copy.length, send })) return;
    }
    this.send(association, ContentType.applicationData, datagram);
  }

  /** Sends one record, or counts why not. Says whether it was sent. */
  send(association: Association, type: number, plaintext: Uint8Array): boolean {
    const { lower, counters, limits } = this.#core;
    const { epoch } = association;
    const size = plaintext.length + epoch.recordOverhead;
    if (size > lower.maxDatagramSize) {
      counters.limits += 1;
      return false;
    }
    if (this.#persistence?.mayWrite(association) === false || !allowSending(association, size, limits)) {
      counters.sendsRefused += 1;
      return false;
    }
    try {
      lower.send(association.lower, epoch.seal(type, plaintext));
    } catch (error) {
      // Out of sequence numbers, or larger than the peer takes.
      if (!(error instanceof DtlsError)) throw error;
      counters.limits += 1;
      return false;
    }
    counters.recordsSent += 1;
    return true;
  }

  sendAlert(association: Association, level: keyof typeof AlertLevel, name: AlertName): void {
    if (this.send(association, ContentType.alert, encodeAlert(level, name))) this.#core.counters.alertsSent += 1;
  }
}
