import { type Agent, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { useAgent } from 'request-filtering-agent';
import { limits } from '../limits.ts';
import { isIpv4Compatible, publicLookup } from './public-lookup.ts';

export interface WebhookPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface WebhookPostOptions {
  /** Hosts that may be at addresses that are not public, in lower case; IPv6 addresses without brackets. */
  readonly allowedHosts: ReadonlySet<string>;
  /** Default `limits.webhookTimeoutMs`. */
  readonly timeoutMs?: number;
}

/**
 * Posts JSON and gives the status of the answer. Redirects are not followed. Rejects when there is no answer in time, and when the host's name
 * leads to an address that is not public (loopback, private, link-local and so on), unless the host is allowed: it is the address that is connected
 * to that is looked at, so that no name can change in between.
 */
export function postWebhook(
  { url, headers, body }: WebhookPost,
  { allowedHosts, timeoutMs = limits.webhookTimeoutMs }: WebhookPostOptions,
): Promise<number> {
  const { protocol, hostname } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const isAllowed = allowedHosts.has(host);
  if (!isAllowed && isIpv4Compatible(host)) return Promise.reject(notPublic(hostname));
  const agent: Agent = useAgent(url, { allowPrivateIPAddress: isAllowed, keepAlive: false });
  const request = protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method: 'POST',
      agent,
      ...(isAllowed ? {} : { lookup: publicLookup }),
      signal: AbortSignal.timeout(timeoutMs),
      headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'user-agent': 'FlowNexus' }, // prettier-ignore
    });
    outgoing.on('error', (error) => reject(reasonOf(error, hostname, timeoutMs)));
    outgoing.on('response', (response) => {
      // What it says is of no interest, and is read only so that the connection ends well.
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > limits.webhookAnswerBytes) response.destroy();
      });
      response.on('error', () => undefined);
      resolve(response.statusCode ?? 0);
    });
    // Nobody asked for another protocol: without a listener there would be neither an answer nor an error.
    outgoing.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode ?? 0);
    });
    outgoing.end(body);
  });
}

/** In words for an operator: what the library that filters addresses says is of its own inside. */
function reasonOf(error: Error, hostname: string, timeoutMs: number): Error {
  if (error.name === 'AbortError') return new Error(`no answer within ${timeoutMs} ms`);
  if (!/is not allowed/.test(error.message)) return error;
  return notPublic(hostname);
}

function notPublic(hostname: string): Error {
  return new Error(`${hostname} is at an address that is not public; FLOWNEXUS_WEBHOOK_HOSTS allows it`);
}
