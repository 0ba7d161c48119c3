import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ContentFormat, contentFormatName } from '@flownexus/lwm2m-core';
import ts from 'typescript';
import { COAP_NODE_DEVIATIONS } from './coap-node.ts';
import { leshan2, leshans } from './leshan.ts';
import { WAKAAMA_DEVIATIONS } from './wakaama.ts';

/** A foreign stack, as a column of the table. */
interface Column {
  readonly name: string;
  readonly lwm2mVersion: string;
  readonly formats: readonly string[];
  readonly origin: string;
  readonly security: string;
  readonly deviations: readonly string[];
}

const [leshan2Column, leshan1Column] = leshans.map((peer): Column => {
  const formats = [...peer.treeFormats, ...peer.valueFormats, ContentFormat.OPAQUE].map(contentFormatName);
  const { name, lwm2mVersion, deviations } = peer;
  const origin = 'Maven Central: its client library, led by a program of ours';
  const security = `pre-shared keys, certificates, raw public keys${peer === leshan2 ? '; Connection ID' : ''}`;
  return { name, lwm2mVersion, formats, origin, security, deviations };
});
const wakaama: Column = {
  name: 'Wakaama 1.0',
  lwm2mVersion: '1.0',
  formats: ['TLV', 'OMA JSON', 'text'],
  origin: 'npm: sources in node-red-contrib-lwm2m, with tinydtls; its demonstration client',
  security: 'pre-shared keys',
  deviations: WAKAAMA_DEVIATIONS,
};
const coapNode: Column = {
  name: 'coap-node 0.2.5',
  lwm2mVersion: '1.0',
  formats: ['TLV', 'OMA JSON', 'text'],
  origin: 'npm, led by a program of ours',
  security: 'none',
  deviations: COAP_NODE_DEVIATIONS,
};
const both: readonly Column[] = [leshan2Column, leshan1Column].filter((column) => column !== undefined);
const columns: readonly Column[] = [...both, wakaama, coapNode];

/** Whose tests a file has, where they are not those of both Leshans. */
const OF_FILES: Readonly<Record<string, Column>> = {
  'wakaama.test.ts': wakaama,
  'wakaama-bootstrap.test.ts': wakaama,
  'coap-node.test.ts': coapNode,
};

/** As one reads of them; others follow. */
const ORDER = [
  'bootstrap',
  'registration',
  'read',
  'write',
  'manage',
  'observe',
  'composite',
  'send',
  'queue',
  'restart',
  'security',
].map((name) => `leshan-${name}.test.ts`);

/** A test, and with whom it runs. */
interface Row {
  readonly section: string;
  readonly title: string;
  readonly columns: readonly Column[];
}

/** `docs/interop-lwm2m.md`: what runs with which device stack, read from the sources of the tests. */
export function interopTable(): string {
  const found = readdirSync(import.meta.dirname).filter((name) => /^leshan-.*\.test\.ts$/.test(name));
  const files = [...new Set([...ORDER, ...found])];
  const rows = [...files, ...Object.keys(OF_FILES)].flatMap((file) => rowsOf(file));
  const sections = [...new Set(rows.map(({ section }) => section))];
  const tables = sections.flatMap((section) => {
    const ofSection = rows.filter((row) => row.section === section);
    const header = columns.filter((column) => ofSection.some((row) => row.columns.includes(column)));
    const cells = ofSection.map(({ title, columns: of }) => [
      title,
      ...header.map((column) => (of.includes(column) ? '✓' : '')),
    ]);
    return [`### ${section}`, '', ...table(['test', ...header.map(({ name }) => name)], cells), ''];
  });
  const deviations = columns.flatMap(({ name, deviations: all }) => all.map((deviation) => `- ${name}: ${deviation}.`));
  const stacks = columns.map(({ name, lwm2mVersion, formats, security, origin }) => [
    name,
    lwm2mVersion,
    formats.join(', '),
    security,
    origin,
  ]);
  const overview = table(['stack', 'LwM2M', 'formats', 'security', 'comes from'], stacks);
  return [INTRODUCTION, ...overview, '', HOW, ...tables, DEVIATIONS, ...deviations, '', ABSENT].join('\n');
}

function rowsOf(file: string): readonly Row[] {
  const text = readFileSync(join(import.meta.dirname, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const own = OF_FILES[file];
  const rows: Row[] = [];
  const visit = (node: ts.Node, section: string, of: readonly Column[]): void => {
    if (ts.isIfStatement(node)) {
      const condition = node.expression.getText();
      const isOld = ({ lwm2mVersion }: Column): boolean => (lwm2mVersion === '1.0') === condition.includes('===');
      visit(node.thenStatement, section, condition.includes('lwm2mVersion') ? of.filter(isOld) : of);
      if (node.elseStatement) {
        visit(node.elseStatement, section, condition.includes('lwm2mVersion') ? of.filter((each) => !isOld(each)) : of);
      }
      return;
    }
    if (ts.isCallExpression(node)) {
      const [first, second] = node.arguments;
      const called = node.expression.getText();
      if (called === 'describeDevices' && first && second && ts.isStringLiteral(second)) {
        const all = first.getText() === 'leshan2' ? both.slice(0, 1) : both;
        node.forEachChild((child) => {
          visit(child, second.text, all);
        });
        return;
      }
      if (/^test\b/.test(called) && first && ts.isStringLiteral(first)) {
        rows.push({ section, title: first.text.replaceAll('%s', '…'), columns: of });
        return;
      }
    }
    node.forEachChild((child) => {
      visit(child, section, of);
    });
  };
  visit(source, own?.name ?? file, own === undefined ? [] : [own]);
  return rows;
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

const INTRODUCTION = `# The LwM2M server and foreign devices

Which tests our LwM2M server runs with which device stacks, over UDP on the loopback interface. They are in
\`packages/lwm2m-server/test/interop\`. \`scripts/install-peers.sh\` installs the stacks, from package registries only; the
tests of one that is missing are skipped, with the reason in their name.
`;

const HOW = `No device stack that was found in a registry speaks LwM2M 1.2. \`packages/lwm2m-server/test/captures\` has what devices of Anjay,
Zephyr and later Wakaama have sent, as recorded.

This page is made from the sources of the tests and compared with them;
\`npx vitest run packages/lwm2m-server/test/interop/interop-table.test.ts -u\` writes it anew.

## Tests
`;

const DEVIATIONS = `## Deviations

What a stack does in another way than the specifications have it, found by these tests. Where it mattered our side puts up with it.
`;

const ABSENT = `## Not in the suite

- Leshan's transport on java-coap, its demonstration clients: not in Maven Central.
- lwm2m-node-lib 1.4.0, of npm: it registers and is read in text, but answers nothing to a Read whose Accept it does not know. It
  brings a database driver, and does nothing that the others do not.
- betwixt and other libraries in Go: the module proxy does not have them.
- Anjay, Anjay Lite, the LwM2M of Zephyr, later Wakaama: in no package registry.
- PyPI and Debian have no device stack.
`;
