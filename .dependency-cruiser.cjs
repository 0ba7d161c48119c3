// Who may import whom: ARCHITECTURE.md, "Packages".
const allowed = {
  datagram: [],
  coap: ['datagram'],
  dtls: ['datagram'],
  senml: [],
  'lwm2m-core': ['senml'],
  'lwm2m-server': ['lwm2m-core', 'coap', 'dtls', 'datagram'],
  'lwm2m-client': ['lwm2m-core', 'coap', 'dtls', 'datagram'],
};

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'only-declared-dependencies',
      severity: 'error',
      from: { path: '^(packages|examples)/[^/]+/src' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
    },
    {
      name: 'no-deep-imports',
      comment: 'Another package is reached through its index only.',
      severity: 'error',
      from: { path: '^(packages|examples)/([^/]+)/' },
      to: {
        path: '^packages/[^/]+/src/',
        pathNot: ['^packages/[^/]+/src/(testing/|node/|node-json/|sqlite/)?index\\.ts$', '^$1/$2/'],
      },
    },
    ...Object.entries(allowed).map(([name, uses]) => ({
      name: `imports-of-${name}`,
      severity: 'error',
      from: { path: `^packages/${name}/src/` },
      to: { path: '^(packages|examples)/', pathNot: [`^packages/(${[name, ...uses].join('|')})/`] },
    })),
    {
      name: 'app-imports',
      comment:
        'The application speaks through the server, the data layer and the device simulator; what the trace shows are messages of coap.',
      severity: 'error',
      from: { path: '^examples/flownexus-app/src/' },
      to: { path: '^packages/', pathNot: ['^packages/(lwm2m-server|lwm2m-core|lwm2m-client|senml|coap)/'] },
    },
    {
      name: 'no-testing-in-product',
      severity: 'error',
      from: { path: '^(packages|examples)/[^/]+/src/', pathNot: '^packages/[^/]+/src/testing/' },
      to: { path: '/src/testing/' },
    },
    {
      name: 'node-modules-of-datagram',
      comment: 'Sockets, names and randomness enter at these files of the ground floor.',
      severity: 'error',
      from: {
        path: '^packages/datagram/src/',
        pathNot: [
          'udp-(transport|address|multicast|socket)\\.ts$',
          'system-random\\.ts$',
          'system-clock\\.ts$',
          '/testing/',
        ],
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'engines-without-node',
      comment: 'Engines see clocks, transports and randomness through the seams only.',
      severity: 'error',
      from: { path: '^packages/(coap|senml|lwm2m-core)/src/', pathNot: '^packages/lwm2m-core/src/node/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'dtls-only-in-endpoints',
      comment: 'The server does not know its transport. The stores know what an association is that they keep.',
      severity: 'error',
      from: { path: '^packages/lwm2m-server/src/', pathNot: '^packages/lwm2m-server/src/(endpoints|sqlite)/' },
      to: { path: '^packages/dtls/' },
    },
    {
      name: 'dtls-without-io',
      comment: 'DTLS sees sockets, time and chance through the seams only; of Node it uses the cryptography.',
      severity: 'error',
      from: { path: '^packages/dtls/src/', pathNot: '/testing/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'udp-only-in-endpoints',
      comment: 'The server does not know its transport.',
      severity: 'error',
      from: {
        path: '^packages/lwm2m-server/src/',
        // One file reads the files that are served.
        pathNot: '^packages/lwm2m-server/src/((endpoints|sqlite|testing)/|files/file-sources\\.ts$)',
      },
      // Digests of certificates are no transport.
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(packages|examples)/[^/]+/(dist|dist-web)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.check.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.mjs'],
    },
  },
};
