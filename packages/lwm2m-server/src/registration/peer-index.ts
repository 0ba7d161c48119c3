import type { CoapClient, RegisteredEndpoint } from './registered-endpoint.ts';

/**
 * Endpoints by the peer that they are. A peer may be several: a simulator that has one socket, or an application in front
 * of other devices. Then they form a list, whose head registered or updated last.
 *
 * It has no bound of its own: it has what the table has that it belongs to.
 */
export class PeerIndex {
  /** Keys of peers are unique within one CoAP endpoint. */
  readonly #byCoap = new Map<CoapClient, Map<string, RegisteredEndpoint>>();

  /** The endpoint that a peer is; of several the one that registered or updated last. */
  get(coap: CoapClient, peerKey: string): RegisteredEndpoint | undefined {
    return this.#byCoap.get(coap)?.get(peerKey);
  }

  /** Adds an endpoint that is not in it. */
  add(endpoint: RegisteredEndpoint): void {
    const { coap, peer } = endpoint;
    let byKey = this.#byCoap.get(coap);
    if (byKey === undefined) {
      byKey = new Map<string, RegisteredEndpoint>();
      this.#byCoap.set(coap, byKey);
    }
    const older = byKey.get(peer.key);
    endpoint.olderOfPeer = older;
    if (older !== undefined) older.newerOfPeer = endpoint;
    byKey.set(peer.key, endpoint);
  }

  /** Removes an endpoint that is in it, before its `peer` or `coap` changes. */
  delete(endpoint: RegisteredEndpoint): void {
    const { coap, peer, newerOfPeer, olderOfPeer } = endpoint;
    endpoint.newerOfPeer = undefined;
    endpoint.olderOfPeer = undefined;
    if (olderOfPeer !== undefined) olderOfPeer.newerOfPeer = newerOfPeer;
    if (newerOfPeer !== undefined) newerOfPeer.olderOfPeer = olderOfPeer;
    else if (olderOfPeer !== undefined) this.#byCoap.get(coap)?.set(peer.key, olderOfPeer);
    else this.#byCoap.get(coap)?.delete(peer.key);
  }
}
