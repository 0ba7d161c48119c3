import { plugtestCases } from '../plugtest/cases/index.ts';
import { aiocoap } from './aiocoap.ts';
import { californium } from './californium.ts';
import { goCoap } from './go-coap.ts';
import { libcoap } from './libcoap.ts';
import type { ForeignPeer } from './peer.ts';

/** The foreign stacks, in the order of the table's columns. */
export const peers: readonly ForeignPeer[] = [libcoap, aiocoap, californium, goCoap];

/** `docs/conformance/plugtests.md`: which test description runs with whom, of the same lists that the tests are made of. */
export function conformanceTable(): string {
  const notes: string[] = [];
  const cell = (lack: string | undefined): string => {
    if (lack === undefined) return '✓';
    if (!notes.includes(lack)) notes.push(lack);
    return `(${notes.indexOf(lack) + 1})`;
  };
  const header = ['ID', 'description', 'ours', ...peers.flatMap(({ name }) => [`${name} server`, `${name} client`])];
  const rows = plugtestCases.map(({ id, title, onlyOurs }) => {
    const cells = peers.flatMap(({ serverLacks, clientLacks }) => [
      cell(onlyOurs ?? serverLacks[id]),
      cell(onlyOurs ?? clientLacks[id]),
    ]);
    return [id, title, '✓', ...cells];
  });
  const deviations = peers.flatMap(({ name, serverDeviations = [], clientDeviations = [] }) => [
    ...serverDeviations.map((deviation) => `- ${name}'s server: \`${deviation}\``),
    ...clientDeviations.map((deviation) => `- ${name}'s client: \`${deviation}\``),
  ]);
  return [
    INTRODUCTION,
    ...table(header, rows),
    '',
    ...notes.map((note, index) => `${index + 1}. ${note}`),
    '',
    DEVIATIONS,
    ...deviations,
    '',
  ].join('\n');
}

/** A table as Prettier formats it. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((name, column) =>
    Math.max(...[header, ...rows].map((row) => (row[column] ?? name).length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

const INTRODUCTION = `# ETSI CoAP plugtests

The test descriptions TD_COAP of the ETSI plugtests (CoAP#4), without proxies, DTLS and 6LoWPAN. Each is one function in
\`packages/coap/test/plugtest/cases\` that runs with a client, a server and the wire between them:

- column "ours", \`packages/coap/test/plugtest/plugtest.test.ts\`: our client and our server over a network in memory, in virtual time;
- the other columns, \`packages/coap/test/interop\`: our client with the foreign server, and the foreign client with our server, over
  UDP on the loopback interface. \`scripts/install-peers.sh\` installs the foreign stacks; the tests of one that is missing are skipped.

A number stands for the reason, below, why a description does not run with a peer. This page is compared with the lists of the
tests; \`npx vitest run packages/coap/test/interop/conformance-table.test.ts -u\` writes it anew.
`;

const DEVIATIONS = `## Deviations

What a foreign stack does in another way than the descriptions or the RFCs have it, and the checks put up with (\`Deviation\` in
\`packages/coap/test/plugtest/environment.ts\` explains the names):
`;
