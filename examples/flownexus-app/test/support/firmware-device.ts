import { FirmwareObject, type FirmwareObjectOptions, type Lwm2mClient, type Lwm2mClientOptions } from '@flownexus/lwm2m-client'; // prettier-ignore
import { onTestFinished } from 'vitest';
import { type BlackBox, TOKEN } from '../scenarios/black-box.ts';
import { image, sha256 } from '../firmware/firmware-host.ts';

/** A device with Object 5 that has registered. */
export interface FirmwareDevice {
  readonly client: Lwm2mClient;
  readonly firmware: FirmwareObject;
  /** The SHA-256 of what it was told to install. */
  readonly installed: string[];
}

/** Starts a device that installs in a moment, and starts anew then with the version `next`. */
export async function firmwareDevice(
  box: BlackBox,
  name: string,
  options: FirmwareObjectOptions = {},
  clientOptions: Partial<Lwm2mClientOptions> = {},
): Promise<FirmwareDevice> {
  const { client, objects } = box.device(name, { maxBodySize: 4_000_000, ...clientOptions });
  const installed: string[] = [];
  const firmware = new FirmwareObject(objects, {
    installMs: 50,
    inspect: () => ({ version: 'next' }),
    install: (bytes) => void installed.push(sha256(Buffer.from(bytes))),
    reboot: () => client.reboot(),
    ...options,
  });
  onTestFinished(() => firmware.close());
  await client.start();
  return { client, firmware, installed };
}

/** Uploads a package of so many bytes; gives its id and SHA-256. */
export async function uploadPackage(
  box: BlackBox,
  version: string,
  size: number,
): Promise<{ readonly id: string; readonly digest: string }> {
  // prettier-ignore
  const bytes = image(size);
  const response = await fetch(new URL(`/api/v1/firmware?version=${version}&fileName=app.bin`, box.app.httpUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/octet-stream' },
    body: new Uint8Array(bytes),
  });
  if (response.status !== 201) throw new Error(await response.text());
  return { id: ((await response.json()) as { id: string }).id, digest: sha256(bytes) };
}
