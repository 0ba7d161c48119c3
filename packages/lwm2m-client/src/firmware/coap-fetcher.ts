import { CoapClient, CoapError, formatCode, type CoapResponse } from '@flownexus/coap';
import type { Clock, DatagramTransport, RandomSource } from '@flownexus/datagram';
import { FirmwareFailure, FirmwareResult } from './firmware-results.ts';
import type { PackageFetcher } from './package-fetcher.ts';

export interface CoapFetcherOptions {
  /**
   * Makes the transport of one download: `udpTransport` for `coap:`, one of `dtlsTransport` with the credentials that the server of the files knows for
   * `coaps:`.
   */
  readonly transport: () => DatagramTransport;
  /** The blocks that are asked for, 16 to 1024 bytes. Default: the server's choice. */
  readonly blockSize?: number;
  readonly clock?: Clock;
  readonly random?: RandomSource;
}

/**
 * Fetches packages over CoAP, or over CoAP and DTLS, block by block (RFC 7959 §2.4).
 *
 * @example
 * new FirmwareObject(tree, {
 *   fetchers: {
 *     coap: coapFetcher({ transport: () => udpTransport() }),
 *     coaps: coapFetcher({ transport: () => dtlsTransport({ transport: udpTransport(), client: { psk } }) }),
 *   },
 * });
 */
export function coapFetcher({ transport, blockSize, ...world }: CoapFetcherOptions): PackageFetcher {
  return async (uri, { signal, maxSize }) => {
    const client = new CoapClient({ transport: transport(), ...world });
    let response: CoapResponse;
    try {
      response = await client.get(uri, { signal, blockSize, maxBodySize: maxSize });
    } catch (error) {
      throw failureOf(error);
    } finally {
      await client.close();
    }
    const code = formatCode(response.code);
    if (code === '2.05') return response.payload;
    const result = code.startsWith('4.') ? FirmwareResult.INVALID_URI : FirmwareResult.CONNECTION_LOST;
    throw new FirmwareFailure(result, `the server of the package answered ${code}`);
  };
}

function failureOf(error: unknown): unknown {
  if (!(error instanceof CoapError)) return error;
  switch (error.code) {
    case 'ERR_COAP_URI':
      return new FirmwareFailure(FirmwareResult.INVALID_URI, error.message, { cause: error });
    case 'ERR_COAP_LIMIT':
      return new FirmwareFailure(FirmwareResult.NOT_ENOUGH_FLASH, error.message, { cause: error });
    default:
      return error;
  }
}
