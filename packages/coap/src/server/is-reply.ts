import { isResponse } from '../code.ts';

/** Whether what a handler gave is a reply: in plain JavaScript it may be anything. */
export function isReply(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'code' in value && isResponse(Number(value.code));
}
