import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { route } from '../../src/http/route.ts';
import { testHttpApp } from '../support/test-http-app.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path)); // prettier-ignore

test.skipIf(CHROMIUM === undefined)(
  `the page of the API shows the document and tries a route, with nothing from elsewhere${CHROMIUM ? '' : ' (skipped: no Chromium in /usr/bin)'}`,
  { timeout: 60_000 },
  async () => {
    const things = route({
      method: 'get',
      path: '/api/v1/things/{name}',
      operationId: 'getThing',
      summary: 'One thing',
      tag: 'Things',
      access: 'read',
      params: z.object({ name: z.string() }),
      answers: { 200: { description: 'It', schema: z.object({ name: z.string() }).meta({ id: 'Thing' }) } },
      handle: ({ params }) => ({ body: params }),
    });
    const { url } = await testHttpApp({ routes: [things], page: '<!doctype html>' });
    const browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox', '--disable-gpu'] });
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    const problems: string[] = [];
    const hosts = new Set<string>();
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => hosts.add(new URL(request.url()).host));
    await page.goto(`${url}api/docs`);
    await page.getByText('/api/v1/things/{name}').click();
    await page.getByRole('button', { name: 'Try it out' }).click();
    await page.getByPlaceholder('name').fill('a/b');
    await page.getByRole('button', { name: 'Execute' }).click();
    await page.locator('.live-responses-table').getByText('"a/b"').waitFor();
    expect([...hosts]).toEqual([new URL(url).host]);
    expect(problems).toEqual([]);
  },
);
