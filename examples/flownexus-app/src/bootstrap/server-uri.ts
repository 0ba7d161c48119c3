import type { ServerAddress } from '@flownexus/lwm2m-server';
import { formatHost } from '../http/http-server.ts';

export interface ServerUriOptions {
  readonly publicUrl: string | undefined;
  /** Where the LwM2M server was told to listen; undefined: on all addresses. */
  readonly coapHost: string | undefined;
  /** Where it listens; empty while it does not. */
  readonly addresses: () => readonly ServerAddress[];
}

/** Where devices reach the LwM2M server: by the host of the public URL, else by the address that it listens on. Undefined where that is no certain one. */
export function serverUri(
  { publicUrl, coapHost, addresses }: ServerUriOptions,
  scheme: 'coap' | 'coaps',
): string | undefined {
  const listening = addresses().find((address) => address.scheme === scheme);
  if (listening === undefined) return undefined;
  const host = publicUrl === undefined ? certainHost(coapHost) : new URL(publicUrl).hostname;
  return host === undefined ? undefined : `${scheme}://${host}:${String(listening.port)}`;
}

function certainHost(host: string | undefined): string | undefined {
  return host === undefined || host === '::' || host === '0.0.0.0' ? undefined : formatHost(host);
}
