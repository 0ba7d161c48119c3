import { createInterface } from 'node:readline';

/** What a `ServerProcess` talks to: says where the server listens, answers orders of a line each, one after the other, and ends with the last. */
export async function serveOrders(
  addresses: readonly { readonly port: number }[],
  answer: (order: string) => Promise<string>,
): Promise<void> {
  const [address] = addresses;
  process.stdout.write(`listening ${address?.port ?? 0}\n`);
  for await (const order of createInterface({ input: process.stdin })) {
    process.stdout.write(`${await answer(order)}\n`);
  }
  process.exit();
}
