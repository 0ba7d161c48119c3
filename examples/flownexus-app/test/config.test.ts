import { describe, expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { StartError } from '../src/start-error.ts';

test('every variable has a default', () => {
  expect(readConfig({ PATH: '/bin' })).toEqual({
    httpPort: 8000,
    httpHost: '127.0.0.1',
    coapPort: 5683,
    coapHost: undefined,
    coapsPort: 5684,
    coapsKeyFile: undefined,
    coapsCertificateFile: undefined,
    coapsAuthoritiesFile: undefined,
    httpsKeyFile: undefined,
    httpsCertificateFile: undefined,
    trustProxy: false,
    authorityKeyFile: undefined,
    authorityCertificateFile: undefined,
    est: false,
    coapPublicHost: undefined,
    dataDirectory: './data',
    databaseUrl: undefined,
    bootstrapPort: 5783,
    bootstrapsPort: 5784,
    leshanApi: 'off',
    leshanPort: 8080,
    leshanBootstrapPort: 8081,
    apiToken: undefined,
    webhookHosts: [],
    adminPassword: undefined,
    publicUrl: undefined,
    demo: undefined,
    production: false,
    logLevel: 'info',
  });
});

test('every variable is read', () => {
  const environment = {
    FLOWNEXUS_HTTP_PORT: '0',
    FLOWNEXUS_HTTP_HOST: '::1',
    FLOWNEXUS_COAP_PORT: '65535',
    FLOWNEXUS_COAP_HOST: 'localhost',
    FLOWNEXUS_COAPS_PORT: '0',
    FLOWNEXUS_COAPS_KEY: 'key.pem',
    FLOWNEXUS_COAPS_CERT: '/etc/flow nexus/server.pem',
    FLOWNEXUS_COAPS_CA: 'ca.pem',
    FLOWNEXUS_HTTPS_KEY: '/etc/web.key',
    FLOWNEXUS_HTTPS_CERT: '/etc/web.pem',
    FLOWNEXUS_TRUST_PROXY: 'loopback, 10.0.0.0/8,2001:db8::1',
    FLOWNEXUS_CA_KEY: 'authority.key',
    FLOWNEXUS_CA_CERT: 'authority.pem',
    FLOWNEXUS_EST: 'on',
    FLOWNEXUS_DATA_DIR: '/var/lib/flow nexus',
    FLOWNEXUS_DATABASE_URL: 'postgresql://flownexus:secret@db/flownexus',
    FLOWNEXUS_BOOTSTRAP_PORT: '0',
    FLOWNEXUS_BOOTSTRAPS_PORT: '1',
    FLOWNEXUS_LESHAN_API: 'open',
    FLOWNEXUS_LESHAN_PORT: '2',
    FLOWNEXUS_LESHAN_BOOTSTRAP_PORT: '3',
    FLOWNEXUS_API_TOKEN: 'abcdefghijklmnop==',
    FLOWNEXUS_WEBHOOK_HOSTS: 'Hooks.lan, ::1',
    FLOWNEXUS_ADMIN_PASSWORD: 'correct horse',
    FLOWNEXUS_PUBLIC_URL: 'https://flownexus.example/',
    FLOWNEXUS_COAP_PUBLIC_HOST: 'coap.flownexus.example',
    FLOWNEXUS_DEMO: '0',
    FLOWNEXUS_LOG_LEVEL: 'debug',
    NODE_ENV: 'production',
  };
  expect(readConfig(environment)).toEqual({
    httpPort: 0,
    httpHost: '::1',
    coapPort: 65535,
    coapHost: 'localhost',
    coapsPort: 0,
    coapsKeyFile: 'key.pem',
    coapsCertificateFile: '/etc/flow nexus/server.pem',
    coapsAuthoritiesFile: 'ca.pem',
    httpsKeyFile: '/etc/web.key',
    httpsCertificateFile: '/etc/web.pem',
    trustProxy: ['loopback', '10.0.0.0/8', '2001:db8::1'],
    authorityKeyFile: 'authority.key',
    authorityCertificateFile: 'authority.pem',
    est: true,
    dataDirectory: '/var/lib/flow nexus',
    databaseUrl: 'postgresql://flownexus:secret@db/flownexus',
    bootstrapPort: 0,
    bootstrapsPort: 1,
    leshanApi: 'open',
    leshanPort: 2,
    leshanBootstrapPort: 3,
    apiToken: 'abcdefghijklmnop==',
    webhookHosts: ['hooks.lan', '::1'],
    adminPassword: 'correct horse',
    publicUrl: 'https://flownexus.example/',
    coapPublicHost: 'coap.flownexus.example',
    demo: false,
    production: true,
    logLevel: 'debug',
  });
});

test('proxies may be told by their number', () => {
  expect(readConfig({ FLOWNEXUS_TRUST_PROXY: '2' })).toMatchObject({ trustProxy: 2 });
});

test('an empty variable counts as absent', () => {
  expect(readConfig({ FLOWNEXUS_HTTP_PORT: '', FLOWNEXUS_API_TOKEN: '' })).toMatchObject({
    httpPort: 8000,
    apiToken: undefined,
  });
});

describe('a bad variable is named with what was found and what is allowed', () => {
  test.each([
    [
      'FLOWNEXUS_HTTP_PORT',
      'abc',
      'FLOWNEXUS_HTTP_PORT is "abc": allowed is a port number from 0 (any free port) to 65535',
    ],
    ['FLOWNEXUS_HTTP_PORT', '65536', 'is "65536"'],
    ['FLOWNEXUS_HTTP_PORT', '-1', 'is "-1"'],
    ['FLOWNEXUS_HTTP_PORT', ' 80', 'is " 80"'],
    ['FLOWNEXUS_COAP_PORT', '5683.5', 'FLOWNEXUS_COAP_PORT is "5683.5": allowed is a port'],
    ['FLOWNEXUS_COAP_PORT', '0x10', 'is "0x10"'],
    ['FLOWNEXUS_HTTP_HOST', 'http://x', 'FLOWNEXUS_HTTP_HOST is "http://x": allowed is an IP address or host name'],
    ['FLOWNEXUS_HTTP_HOST', '256.1.1.1', 'is "256.1.1.1"'],
    ['FLOWNEXUS_COAP_HOST', '[::1]', 'is "[::1]"'],
    ['FLOWNEXUS_COAP_HOST', 'a b', 'is "a b"'],
    ['FLOWNEXUS_DEMO', 'yes', 'FLOWNEXUS_DEMO is "yes": allowed is 0 or 1'],
    [
      'FLOWNEXUS_LOG_LEVEL',
      'loud',
      'FLOWNEXUS_LOG_LEVEL is "loud": allowed is fatal, error, warn, info, debug, trace, silent',
    ],
    ['FLOWNEXUS_DATA_DIR', 'a\0b', 'FLOWNEXUS_DATA_DIR is "a\\u0000b": allowed is the path of a folder'],
    [
      'FLOWNEXUS_PUBLIC_URL',
      'https://a/b',
      'is "https://a/b": allowed is an address such as https://flownexus.example/',
    ],
    ['FLOWNEXUS_PUBLIC_URL', 'ftp://a/', 'is "ftp://a/"'],
    ['FLOWNEXUS_COAP_PUBLIC_HOST', 'coap://a', 'is "coap://a": allowed is an IP address or host name, without port'],
    ['FLOWNEXUS_WEBHOOK_HOSTS', 'a, [::1]', 'FLOWNEXUS_WEBHOOK_HOSTS is "a, [::1]": allowed is IP addresses'],
    ['FLOWNEXUS_LESHAN_API', 'on', 'FLOWNEXUS_LESHAN_API is "on": allowed is off or open'],
    ['FLOWNEXUS_HTTP_PORT', '1\n2', 'is "1\\n2"'],
    ['FLOWNEXUS_TRUST_PROXY', 'true', 'FLOWNEXUS_TRUST_PROXY is "true": allowed is the number of proxies'],
    ['FLOWNEXUS_TRUST_PROXY', '10.0.0.0/40', 'is "10.0.0.0/40"'],
    ['FLOWNEXUS_TRUST_PROXY', '99', 'is "99"'],
    ['FLOWNEXUS_TRUST_PROXY', '10.0.0.1,0.0.0.0/0', 'is "10.0.0.1,0.0.0.0/0"'],
    ['FLOWNEXUS_TRUST_PROXY', '::/0', 'is "::/0"'],
  ])('%s=%j', (name, value, message) => {
    const error = problem({ [name]: value });
    expect(error.message).toContain(message);
    expect(error.message).not.toMatch(/[\r\n]/);
  });
});

test('a password is never echoed', () => {
  expect(problem({ FLOWNEXUS_ADMIN_PASSWORD: 'short' }).message).toBe(
    'FLOWNEXUS_ADMIN_PASSWORD is not usable: allowed is 10 to 128 characters',
  );
  expect(problem({ FLOWNEXUS_DATABASE_URL: 'mysql://a:secret@b/c' }).message).toBe(
    'FLOWNEXUS_DATABASE_URL is not usable: allowed is the URL of a PostgreSQL database: postgres://user:password@host/name',
  );
});

test('a token is never echoed', () => {
  for (const token of ['short', 'a secret with spaces', 'a-secret-with-ümlauts']) {
    const { message } = problem({ FLOWNEXUS_API_TOKEN: token });
    expect(message).toBe('FLOWNEXUS_API_TOKEN is not usable: allowed is at least 16 letters, digits or -._~+/=');
  }
});

test('an unknown variable is an error with a suggestion', () => {
  expect(problem({ FLOWNEXUS_HTPP_PORT: '1' }).message).toBe(
    'FLOWNEXUS_HTPP_PORT is not a variable of FlowNexus: did you mean FLOWNEXUS_HTTP_PORT?',
  );
  expect(problem({ FLOWNEXUS_SOMETHING_ELSE: '1' }).message).toContain('known are FLOWNEXUS_HTTP_PORT, ');
});

test('several problems share the line', () => {
  const { message } = problem({ FLOWNEXUS_DEMO: '2', FLOWNEXUS_COAP_PORT: 'x' });
  expect(message).toContain('FLOWNEXUS_DEMO is "2"');
  expect(message).toContain('; FLOWNEXUS_');
  expect(message).toContain('FLOWNEXUS_COAP_PORT is "x"');
});

function problem(environment: Record<string, string>): StartError {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof StartError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}
