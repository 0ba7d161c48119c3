import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FakeServer } from './fake-server.ts';
import { endpointItem, liveTemperature, temperature } from './samples.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
const BUILD = fileURLToPath(new URL('../../../../scripts/build-web.mjs', import.meta.url));
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const HOSTILE = '"><script>globalThis.pwned=1</script> /ä?#';

describe.skipIf(CHROMIUM === undefined)(
  `the page in a browser${CHROMIUM ? '' : ' (skipped: no Chromium in /usr/bin)'}`,
  () => {
    let browser: Browser;
    let server: FakeServer;
    let page: Page;
    let address: string;
    let problems: string[];
    let requested: string[];

    beforeAll(async () => {
      await promisify(execFile)(process.execPath, [BUILD]);
      browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args: ARGUMENTS });
    }, 60_000);
    afterAll(() => browser.close());

    beforeEach(async () => {
      server = new FakeServer();
      address = await server.start();
      page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
      problems = [];
      requested = [];
      page.on('console', (message) => {
        if (message.type() === 'error') problems.push(message.text());
      });
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('request', (request) => requested.push(request.url()));
    });
    afterEach(async () => {
      await page.close();
      await server.stop();
      // Everything comes from the server itself: no font, script or picture of another host.
      expect(requested.filter((url) => !url.startsWith(address))).toEqual([]);
      expect(problems).toEqual([]);
    });

    const row = (name: string) => page.getByRole('row').filter({ has: page.getByText(name, { exact: true }) });
    const cell = (name: string, column: string) => row(name).locator(`[data-label="${column}"]`);
    const streaming = () => expect.poll(() => server.streamCount).toBe(1);

    test('shows the endpoints, their state and their latest temperature', async () => {
      const now = Date.now();
      server.endpoints = [
        endpointItem('kitchen'),
        endpointItem('cellar', {
          registered: false,
          lastUpdated: new Date(now - 3 * 3_600_000).toISOString(),
          lifetime: 86_400,
        }),
        endpointItem('attic', { manufacturer: null, modelNumber: null, serialNumber: null, firmwareVersion: null }),
      ];
      server.values.set('kitchen /3303/0/5700', [temperature(20.5, now - 4000), temperature(21.25, now - 2000)]);
      await page.goto(address);

      expect(await page.title()).toBe('FlowNexus');
      await page.getByText('3 endpoints, 2 registered').waitFor();
      expect(await page.getByRole('row').count()).toBe(4);
      await expect.poll(() => cell('kitchen', 'Temperature').innerText()).toBe('21.25 °C');
      expect(await cell('kitchen', 'Status').innerText()).toBe('Registered');
      expect(await cell('kitchen', 'Model').innerText()).toBe('Zephyr OMA-LWM2M Sample Client');
      expect(await cell('cellar', 'Status').innerText()).toBe('Offline');
      expect(await cell('cellar', 'Last updated').innerText()).toBe('3 h ago');
      expect(await cell('cellar', 'Lifetime').innerText()).toBe('1 d');
      expect(await cell('attic', 'Serial number').innerText()).toBe('–');
      expect(await page.locator('canvas').count()).toBe(1);
    });

    test('takes live values and endpoints over as they come', async () => {
      server.endpoints = [endpointItem('kitchen')];
      await page.goto(address);
      await streaming();
      await page.getByText('Live', { exact: true }).waitFor();

      server.emit('resource', liveTemperature('kitchen', 31.5));
      await expect.poll(() => cell('kitchen', 'Temperature').innerText()).toBe('31.50 °C');
      await page.getByRole('listitem').getByText('31.50 °C').waitFor();

      server.emit('endpoint', endpointItem('kitchen', { registered: false }));
      server.emit('endpoint', endpointItem('cellar'));
      await expect.poll(() => cell('kitchen', 'Status').innerText()).toBe('Offline');
      await row('cellar').waitFor();
    });

    test('draws the lines of its series', async () => {
      const now = Date.now();
      server.endpoints = [endpointItem('kitchen', { objectLinks: ['/3/0', '/3303/0', '/3303/1'] })];
      server.values.set(
        'kitchen /3303/0/5700',
        Array.from({ length: 100 }, (_, i) => temperature(20 + i / 50, now - i * 2000)).reverse(),
      );
      server.values.set(
        'kitchen /3303/1/5700',
        Array.from({ length: 100 }, (_, i) => temperature(25, now - i * 2000, '/3303/1/5700')).reverse(),
      );
      await page.goto(address);
      await page.getByRole('listitem').getByText('25.00 °C').waitFor();

      expect(await page.getByRole('listitem').allInnerTexts()).toEqual([
        expect.stringContaining('instance 0'),
        expect.stringContaining('instance 1'),
      ]);
      // The first two colours of the light palette.
      await expect.poll(() => page.evaluate<number>(pixelCount([0, 114, 178]))).toBeGreaterThan(100);
      await expect.poll(() => page.evaluate<number>(pixelCount([213, 94, 0]))).toBeGreaterThan(100);

      await page.getByRole('checkbox').uncheck();
      await page.getByText('Nothing selected.').waitFor();
      await expect.poll(() => page.evaluate<number>(pixelCount([213, 94, 0]))).toBe(0);
    });

    test('asks for the history of the chosen range', async () => {
      server.endpoints = [endpointItem('kitchen')];
      await page.goto(address);
      await page.getByText('7 d', { exact: true }).click();
      const week = 7 * 24 * 3_600_000;
      const asked = () =>
        server.requests.map((url) => Date.now() - Date.parse(new URLSearchParams(url.split('?')[1]).get('from') ?? ''));
      await expect.poll(() => asked().filter((age) => Math.abs(age - week) < 60_000).length).toBe(1);
    });

    test('shows a hostile name as text and asks for it percent-encoded', async () => {
      server.endpoints = [endpointItem(HOSTILE, { manufacturer: '<img src=x onerror=alert(1)>' })];
      server.values.set(`${HOSTILE} /3303/0/5700`, [temperature(19, Date.now() - 2000)]);
      await page.goto(address);

      await expect.poll(() => cell(HOSTILE, 'Temperature').innerText()).toBe('19.00 °C');
      expect(await cell(HOSTILE, 'Model').innerText()).toContain('<img src=x');
      expect(await page.evaluate('globalThis.pwned')).toBeUndefined();
      expect(server.requests.filter((url) => url.includes(`/${encodeURIComponent(HOSTILE)}/resources?`))).not.toEqual(
        [],
      );
    });

    test('tells a newcomer how to start, and goes on by itself', async () => {
      await page.goto(address);
      await page.getByRole('heading', { name: 'No endpoint has registered yet' }).waitFor();
      expect(await page.locator('code').innerText()).toBe('npm run simulate -- --count 3');
      await page.getByText('coap://127.0.0.1:5683').waitFor();

      await streaming();
      server.emit('endpoint', endpointItem('kitchen'));
      await row('kitchen').waitFor();
    });

    test('says what failed and tries again on demand', async () => {
      server.failWith = 503;
      await page.goto(address);
      await page.getByRole('alert').getByText('the database is locked').waitFor();

      server.failWith = undefined;
      server.endpoints = [endpointItem('kitchen')];
      await page.getByRole('button', { name: 'Try again' }).click();
      await row('kitchen').waitFor();
      expect(await page.getByRole('alert').count()).toBe(0);
      expect(problems.every((text) => text.includes('503'))).toBe(true);
      problems = [];
    });

    test('fetches what it missed while the stream was broken', async () => {
      server.endpoints = [endpointItem('kitchen')];
      await page.goto(address);
      await streaming();
      await row('kitchen').waitFor();

      server.endpoints = [endpointItem('kitchen'), endpointItem('missed')];
      server.values.set('kitchen /3303/0/5700', [temperature(17, Date.now())]);
      server.dropStreams();
      await row('missed').waitFor();
      await expect.poll(() => cell('kitchen', 'Temperature').innerText()).toBe('17.00 °C');
      await page.getByText('Live', { exact: true }).waitFor();
      problems = problems.filter((text) => !text.includes('ERR_INCOMPLETE_CHUNKED_ENCODING'));
    });

    test('searches, sorts and pages through a thousand endpoints', async () => {
      server.endpoints = Array.from({ length: 1000 }, (_, i) =>
        endpointItem(`device-${String(i)}`, { lifetime: 60 + i }),
      );
      await page.goto(address);
      const firstName = () => page.getByRole('rowheader').first().innerText();
      await expect.poll(firstName).toBe('device-0');
      expect(await page.getByRole('row').count()).toBe(51);

      await page.getByRole('button', { name: 'Lifetime' }).click();
      await page.getByRole('button', { name: 'Lifetime' }).click();
      await expect.poll(firstName).toBe('device-999');
      expect(await page.getByRole('columnheader', { name: 'Lifetime' }).getAttribute('aria-sort')).toBe('descending');
      await page.getByRole('button', { name: 'Page 20' }).click();
      await expect.poll(firstName).toBe('device-49');

      await page.getByRole('searchbox', { name: 'Search by name' }).fill('DEVICE-77');
      await expect.poll(firstName).toBe('device-779');
      expect(await page.getByRole('row').count()).toBe(12);
      await page.getByRole('searchbox').fill('nobody');
      await page.getByText('No endpoint has “nobody” in its name.').waitFor();
    });

    test('limits the selection to what the chart can draw, by keyboard too', async () => {
      server.endpoints = Array.from({ length: 10 }, (_, i) => endpointItem(`device-${String(i)}`));
      await page.goto(address);
      await page.getByRole('checkbox').first().waitFor();
      expect(await page.getByRole('checkbox', { checked: true }).count()).toBe(4);
      for (const i of [4, 5, 6, 7]) await page.getByRole('checkbox').nth(i).press('Space');
      expect(await page.getByRole('checkbox', { checked: true }).count()).toBe(8);
      expect(await page.getByRole('checkbox').nth(8).isDisabled()).toBe(true);
      expect(await page.getByRole('listitem').count()).toBe(8);
    });

    test('asks who is there, and for a code when there is a second factor', async () => {
      server.session = null;
      server.credentials.code = '123456';
      server.endpoints = [endpointItem('kitchen')];
      await page.goto(address);
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      expect(await page.evaluate('document.activeElement.autocomplete')).toBe('username');
      expect(await page.getByRole('button', { name: 'Sign out' }).count()).toBe(0);
      expect(await page.getByLabel('Code').count()).toBe(0);

      await page.getByLabel('User name').fill('anna');
      await page.getByLabel('Password').fill('a wrong password');
      await page.getByLabel('Password').press('Enter');
      await page.getByRole('alert').getByText('The name or the password is wrong.').waitFor();
      await page.getByLabel('Password').fill(server.credentials.password);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByLabel('Code').fill('123 456');
      expect(await page.getByRole('alert').count()).toBe(0);
      await page.getByRole('button', { name: 'Sign in' }).click();

      await row('kitchen').waitFor();
      await page.getByText('anna', { exact: true }).waitFor();
      // Only what was asked for before is a problem.
      expect(problems.every((text) => text.includes('401'))).toBe(true);
      problems = [];
    });

    test('signs out, and leaves nothing of before for who signs in next', async () => {
      server.endpoints = [endpointItem('kitchen')];
      await page.goto(address);
      await streaming();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      expect(await page.getByText('kitchen').count()).toBe(0);
      await expect.poll(() => server.streamCount).toBe(0);

      server.endpoints = [endpointItem('cellar')];
      await page.getByLabel('User name').fill('anna');
      await page.getByLabel('Password').fill(server.credentials.password);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await row('cellar').waitFor();
      expect(await page.getByText('kitchen').count()).toBe(0);
      await streaming();
    });

    test('leads to the sign-in when the session has ended', async () => {
      server.endpoints = [endpointItem('kitchen')];
      await page.goto(address);
      await streaming();
      await row('kitchen').waitFor();
      server.session = null;
      server.dropStreams();
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      problems = problems.filter((text) => !/401|ERR_INCOMPLETE_CHUNKED_ENCODING/.test(text));
    });

    test('switches the colour scheme, keeps it, and fits a phone', async () => {
      server.endpoints = [endpointItem('kitchen-with-a-rather-long-name-urn:imei:100000000000000')];
      await page.setViewportSize({ width: 390, height: 800 });
      await page.goto(address);
      await page.getByRole('button', { name: 'Switch to the dark colour scheme' }).click();
      await page.reload();
      await page.getByRole('button', { name: 'Switch to the light colour scheme' }).waitFor();
      await page.getByRole('checkbox').waitFor();
      expect(
        await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
      ).toBeLessThanOrEqual(0);
      expect(await page.evaluate('Object.keys(localStorage)')).toEqual(['mantine-color-scheme-value']);
    });
  },
);

/** A script for the browser: how many pixels of the chart have this colour. */
function pixelCount(colour: readonly [number, number, number]): string {
  return `(() => {
    const canvas = document.querySelector('canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const [red, green, blue] = ${JSON.stringify(colour)};
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
      if (data[i] === red && data[i + 1] === green && data[i + 2] === blue && data[i + 3] === 255) count += 1;
    }
    return count;
  })()`;
}
