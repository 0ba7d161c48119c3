import { Code, type CoapReply } from '@flownexus/coap';
import { ContentFormat, formatPath, parseExecuteArguments, type Path } from '@flownexus/lwm2m-core';
import type { ExecuteHandler, Execution } from '../objects/handlers.ts';
import { isRestricted, type Device } from './device.ts';
import { notAllowed, notFound, unauthorized, unsupportedFormat } from './refuse.ts';
import type { WrittenPayload } from './write.ts';

/**
 * An Execute of a Resource (TS Core §6.3.5): a promise as soon as one of its handlers gives one.
 *
 * @throws Refusal, Lwm2mError
 */
export function execute(device: Device, path: Path, written: WrittenPayload): CoapReply | Promise<CoapReply> {
  if (isRestricted(path)) throw unauthorized();
  const handlers = device.tree.executeHandlers(path);
  if (handlers === undefined) {
    if (device.tree.has(path)) throw notAllowed(`${formatPath(path)} can not be executed`);
    throw notFound(formatPath(path));
  }
  if (written.payload.length > 0 && (written.contentFormat ?? ContentFormat.TEXT) !== ContentFormat.TEXT) {
    throw unsupportedFormat('the arguments of an Execute are text');
  }
  const callbacks: (() => void)[] = [];
  const execution: Execution = {
    path,
    arguments: parseExecuteArguments(written.payload),
    afterAnswer: (callback) => void callbacks.push(callback),
  };
  const reply = (): CoapReply => {
    if (callbacks.length === 0) return { code: Code.CHANGED };
    const afterwards = (): void => {
      for (const callback of callbacks) callback();
    };
    return { code: Code.CHANGED, afterSent: afterwards, onUnsent: afterwards };
  };
  return runAll(handlers, execution, reply);
}

function runAll(
  handlers: readonly ExecuteHandler[],
  execution: Execution,
  reply: () => CoapReply,
): CoapReply | Promise<CoapReply> {
  for (const [index, handler] of handlers.entries()) {
    const result = handler(execution);
    if (result instanceof Promise) return result.then(() => runAll(handlers.slice(index + 1), execution, reply));
  }
  return reply();
}
