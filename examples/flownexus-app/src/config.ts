import { z } from 'zod';
import { limits } from './limits.ts';
import { StartError } from './start-error.ts';

/** How the app was asked to run. */
export interface Config {
  /** 0: any free port. */
  readonly httpPort: number;
  readonly httpHost: string;
  /** 0: any free port. */
  readonly coapPort: number;
  /** Undefined: all addresses. */
  readonly coapHost: string | undefined;
  /** 0: any free port. */
  readonly coapsPort: number;
  /** Paths of PEM files. */
  readonly coapsKeyFile: string | undefined;
  readonly coapsCertificateFile: string | undefined;
  readonly coapsAuthoritiesFile: string | undefined;
  /** Paths of PEM files of the web port. */
  readonly httpsKeyFile: string | undefined;
  readonly httpsCertificateFile: string | undefined;
  /** Whose `X-Forwarded-…` counts: so many proxies before us, or those with these addresses; false: nobody's. */
  readonly trustProxy: number | readonly string[] | false;
  /** Paths of PEM files of the authority that issues certificates to devices; undefined: one of our own. */
  readonly authorityKeyFile: string | undefined;
  readonly authorityCertificateFile: string | undefined;
  /** Whether devices may ask the bootstrap server for certificates (EST). */
  readonly est: boolean;
  readonly dataDirectory: string;
  /** `postgres://…`; undefined: SQLite in the data directory. */
  readonly databaseUrl: string | undefined;
  /** 0: any free port. */
  readonly bootstrapPort: number;
  /** 0: any free port. */
  readonly bootstrapsPort: number;
  /** `open`: the API of Leshan's demo server is served without authentication too, on loopback ports of its own. */
  readonly leshanApi: 'off' | 'open';
  readonly leshanPort: number;
  readonly leshanBootstrapPort: number;
  readonly apiToken: string | undefined;
  /** Hosts at which webhooks may be although their addresses are not public, in lower case. */
  readonly webhookHosts: readonly string[];
  /** Of the administrator that the first start makes; undefined: a random one, which is printed. */
  readonly adminPassword: string | undefined;
  /** Where browsers and devices reach us, such as `https://flownexus.example/`; undefined: where we listen. */
  readonly publicUrl: string | undefined;
  /** Where devices reach the CoAP ports; undefined: at the host of the public URL, or where we listen. */
  readonly coapPublicHost: string | undefined;
  /** Undefined: when there is nothing else to see, and not in production. */
  readonly demo: boolean | undefined;
  readonly production: boolean;
  readonly logLevel: LogLevel;
}

/** From least to most; `silent` is nothing at all. */
export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

const port = (byDefault: number) =>
  z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number)
    .refine((value) => value <= 65535)
    .default(byDefault);
const host = z.union([
  z.ipv4(),
  z.ipv6(),
  z
    .string()
    .max(253)
    .regex(/^(?=.*[a-z])[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i),
]);

const hosts = z
  .string()
  .transform((text) => text.split(',').map((each) => each.trim().toLowerCase()))
  .pipe(z.array(host).max(limits.webhookHosts))
  .default([]);

/** Not everybody: what the library refuses, too. */
const isNotEverybody = (network: string): boolean => !/\/0+$/.test(network);

const proxies = z
  .string()
  .transform((text) => (/^\d{1,2}$/.test(text) ? Number(text) : text.split(',').map((each) => each.trim())))
  .pipe(
    z.union([
      z.int().min(0).max(limits.proxies),
      z
        .array(
          z.union([
            z.ipv4(),
            z.ipv6(),
            z.cidrv4().refine(isNotEverybody),
            z.cidrv6().refine(isNotEverybody),
            z.enum(['loopback', 'linklocal', 'uniquelocal']),
          ]),
        ) // prettier-ignore
        .max(limits.proxies),
    ]),
  )
  .optional();

const path = z.string().refine((text) => !text.includes('\0'));

const variables = z.object({
  FLOWNEXUS_HTTP_PORT: port(8000),
  FLOWNEXUS_HTTP_HOST: host.default('127.0.0.1'),
  FLOWNEXUS_COAP_PORT: port(5683),
  FLOWNEXUS_COAP_HOST: host.optional(),
  FLOWNEXUS_COAPS_PORT: port(5684),
  FLOWNEXUS_COAPS_KEY: path.optional(),
  FLOWNEXUS_COAPS_CERT: path.optional(),
  FLOWNEXUS_COAPS_CA: path.optional(),
  FLOWNEXUS_HTTPS_KEY: path.optional(),
  FLOWNEXUS_HTTPS_CERT: path.optional(),
  FLOWNEXUS_TRUST_PROXY: proxies,
  FLOWNEXUS_CA_KEY: path.optional(),
  FLOWNEXUS_CA_CERT: path.optional(),
  FLOWNEXUS_EST: z.enum(['off', 'on']).default('off'),
  FLOWNEXUS_DATA_DIR: path.default('./data'),
  // Without a host where it is a socket: postgres:///name?host=/run/postgresql
  FLOWNEXUS_DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\/\S+$/)
    .optional(),
  FLOWNEXUS_BOOTSTRAP_PORT: port(5783),
  FLOWNEXUS_BOOTSTRAPS_PORT: port(5784),
  FLOWNEXUS_LESHAN_API: z.enum(['off', 'open']).default('off'),
  FLOWNEXUS_LESHAN_PORT: port(8080),
  FLOWNEXUS_LESHAN_BOOTSTRAP_PORT: port(8081),
  FLOWNEXUS_WEBHOOK_HOSTS: hosts,
  FLOWNEXUS_ADMIN_PASSWORD: z.string().min(limits.passwordLength).max(limits.maximumPasswordLength).optional(),
  FLOWNEXUS_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .refine((text) => URL.parse(text)?.pathname === '/')
    .optional(),
  FLOWNEXUS_COAP_PUBLIC_HOST: host.optional(),
  // RFC 6750 §2.1: what a bearer token may be made of.
  FLOWNEXUS_API_TOKEN: z
    .string()
    .min(limits.tokenLength)
    .regex(/^[\w.~+/-]+=*$/)
    .optional(),
  FLOWNEXUS_DEMO: z
    .enum(['0', '1'])
    .transform((value) => value === '1')
    .optional(),
  FLOWNEXUS_LOG_LEVEL: z.enum(logLevels).default('info'),
});
type VariableName = keyof z.infer<typeof variables>;

const PORT = 'a port number from 0 (any free port) to 65535';
const PEM = 'the path of a PEM file';
const HOST = 'an IP address or host name, without port or brackets';

/** In words, what each variable may be. */
const allowed: Readonly<Record<VariableName, string>> = {
  FLOWNEXUS_HTTP_PORT: PORT,
  FLOWNEXUS_HTTP_HOST: HOST,
  FLOWNEXUS_COAP_PORT: PORT,
  FLOWNEXUS_COAP_HOST: HOST,
  FLOWNEXUS_COAPS_PORT: PORT,
  FLOWNEXUS_COAPS_KEY: PEM,
  FLOWNEXUS_COAPS_CERT: PEM,
  FLOWNEXUS_COAPS_CA: PEM,
  FLOWNEXUS_HTTPS_KEY: PEM,
  FLOWNEXUS_HTTPS_CERT: PEM,
  FLOWNEXUS_TRUST_PROXY:
    'the number of proxies, or their IP addresses and networks with commas between them (loopback, linklocal and uniquelocal are some)',
  FLOWNEXUS_CA_KEY: PEM,
  FLOWNEXUS_CA_CERT: PEM,
  FLOWNEXUS_EST: 'off or on',
  FLOWNEXUS_DATA_DIR: 'the path of a folder',
  FLOWNEXUS_DATABASE_URL: 'the URL of a PostgreSQL database: postgres://user:password@host/name',
  FLOWNEXUS_BOOTSTRAP_PORT: PORT,
  FLOWNEXUS_BOOTSTRAPS_PORT: PORT,
  FLOWNEXUS_LESHAN_API: 'off or open',
  FLOWNEXUS_LESHAN_PORT: PORT,
  FLOWNEXUS_LESHAN_BOOTSTRAP_PORT: PORT,
  FLOWNEXUS_WEBHOOK_HOSTS: 'IP addresses and host names, without ports or brackets, with commas between them',
  FLOWNEXUS_ADMIN_PASSWORD: `${limits.passwordLength} to ${limits.maximumPasswordLength} characters`,
  FLOWNEXUS_PUBLIC_URL: 'an address such as https://flownexus.example/, without a path',
  FLOWNEXUS_COAP_PUBLIC_HOST: HOST,
  FLOWNEXUS_API_TOKEN: `at least ${limits.tokenLength} letters, digits or -._~+/=`,
  FLOWNEXUS_DEMO: '0 or 1',
  FLOWNEXUS_LOG_LEVEL: logLevels.join(', '),
};
const names = Object.keys(allowed) as VariableName[];

/**
 * Reads the configuration from the environment. An empty variable counts as absent.
 *
 * Throws a {@link StartError} of one line that names every bad variable.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('FLOWNEXUS_') || value === undefined) continue;
    if (!Object.hasOwn(allowed, name)) problems.push(unknownVariable(name));
    else if (value !== '') given[name] = value;
  }
  const parsed = variables.safeParse(given);
  const bad = new Set(parsed.error?.issues.map((issue) => issue.path[0]));
  for (const name of names) if (bad.has(name)) problems.push(badVariable(name, given[name] ?? ''));
  if (problems.length > 0 || parsed.data === undefined) throw new StartError(problems.join('; '));
  const { data } = parsed;
  return {
    httpPort: data.FLOWNEXUS_HTTP_PORT,
    httpHost: data.FLOWNEXUS_HTTP_HOST,
    coapPort: data.FLOWNEXUS_COAP_PORT,
    coapHost: data.FLOWNEXUS_COAP_HOST,
    coapsPort: data.FLOWNEXUS_COAPS_PORT,
    coapsKeyFile: data.FLOWNEXUS_COAPS_KEY,
    coapsCertificateFile: data.FLOWNEXUS_COAPS_CERT,
    coapsAuthoritiesFile: data.FLOWNEXUS_COAPS_CA,
    httpsKeyFile: data.FLOWNEXUS_HTTPS_KEY,
    httpsCertificateFile: data.FLOWNEXUS_HTTPS_CERT,
    trustProxy: data.FLOWNEXUS_TRUST_PROXY ?? false,
    authorityKeyFile: data.FLOWNEXUS_CA_KEY,
    authorityCertificateFile: data.FLOWNEXUS_CA_CERT,
    est: data.FLOWNEXUS_EST === 'on',
    dataDirectory: data.FLOWNEXUS_DATA_DIR,
    databaseUrl: data.FLOWNEXUS_DATABASE_URL,
    bootstrapPort: data.FLOWNEXUS_BOOTSTRAP_PORT,
    bootstrapsPort: data.FLOWNEXUS_BOOTSTRAPS_PORT,
    leshanApi: data.FLOWNEXUS_LESHAN_API,
    leshanPort: data.FLOWNEXUS_LESHAN_PORT,
    leshanBootstrapPort: data.FLOWNEXUS_LESHAN_BOOTSTRAP_PORT,
    apiToken: data.FLOWNEXUS_API_TOKEN,
    webhookHosts: data.FLOWNEXUS_WEBHOOK_HOSTS,
    adminPassword: data.FLOWNEXUS_ADMIN_PASSWORD,
    publicUrl: data.FLOWNEXUS_PUBLIC_URL,
    coapPublicHost: data.FLOWNEXUS_COAP_PUBLIC_HOST,
    demo: data.FLOWNEXUS_DEMO,
    production: environment['NODE_ENV'] === 'production',
    logLevel: data.FLOWNEXUS_LOG_LEVEL,
  };
}

/** Not to be shown; the URL of a database may have a password. */
const secrets: ReadonlySet<string> = new Set<VariableName>([
  'FLOWNEXUS_API_TOKEN',
  'FLOWNEXUS_ADMIN_PASSWORD',
  'FLOWNEXUS_DATABASE_URL',
]);

function badVariable(name: VariableName, found: string): string {
  // JSON keeps it on one line, whatever is in it.
  const what = secrets.has(name) ? 'not usable' : JSON.stringify(found.slice(0, 100));
  return `${name} is ${what}: allowed is ${allowed[name]}`;
}

function unknownVariable(name: string): string {
  const nearest = names
    .map((known) => ({ known, distance: editDistance(name, known) }))
    .sort((a, b) => a.distance - b.distance)[0];
  const hint =
    nearest !== undefined && nearest.distance <= 4 ? `did you mean ${nearest.known}?` : `known are ${names.join(', ')}`;
  return `${JSON.stringify(name.slice(0, 100)).slice(1, -1)} is not a variable of FlowNexus: ${hint}`;
}

/** Levenshtein: how many letters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i += 1) {
    const current = [i + 1];
    for (let j = 0; j < b.length; j += 1) {
      const replaced = (previous[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      current.push(Math.min(replaced, (previous[j + 1] ?? 0) + 1, (current[j] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
