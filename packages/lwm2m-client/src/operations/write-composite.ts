import { Code, type CoapReply } from '@flownexus/coap';
import { decodeChanges } from '@flownexus/lwm2m-core';
import type { Device } from './device.ts';
import { checkComposite } from './read-composite.ts';
import type { WrittenPayload } from './write.ts';
import { WritePlan } from './write-plan.ts';

/**
 * Writes values to any Resources and Resource Instances, and with SenML-ETCH takes Resource Instances away: all or nothing (TS Core
 * §6.3.9, TS Core 1.2 §6.3.10).
 *
 * @throws Refusal, Lwm2mError; nothing is written then
 */
export function writeComposite(device: Device, { contentFormat, payload }: WrittenPayload): CoapReply {
  checkComposite(device, contentFormat);
  const { tree, rootPath } = device;
  const plan = new WritePlan(tree);
  for (const change of decodeChanges(payload, contentFormat ?? -1, tree.definitions, { rootPath })) {
    if (change.value === null) plan.removal(change.path);
    else plan.value(change);
  }
  plan.commit();
  return { code: Code.CHANGED };
}
