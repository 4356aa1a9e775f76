/** The page as a browser shows it: Debian's Chromium, without a network. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { CostTracker } from '../cost-tracker.ts';

const executablePath = '/usr/bin/chromium';
const found = existsSync(executablePath);
// A machine of CI must have it: a check that is always skipped is none.
const missing = !found && !process.env['CI'];
if (missing) console.warn(`The page is not tested: there is no ${executablePath} (apt-get install chromium).`);

const quiet = ['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const name = '<script>document.title = "taken over"</script><img src="http://127.0.0.1:9/x">';

// Starting a browser and printing a page take seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let folder = '';
let browser: BrowserContext;
beforeAll(async () => {
  if (missing) return;
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined); // one call has no price
  folder = await mkdtemp(join(tmpdir(), 'rolecall-page-'));
  await writeFile(join(folder, 'report.html'), await filled().html({ title: `Report of ${name}` }));
  browser = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet],
  });
}, 60_000);
afterAll(async () => {
  if (missing) return;
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Three weeks of a crew, with whatever a page may have to show. */
function filled(): CostTracker {
  const prices = { 'gpt-4': { input: 30, output: 60 }, sonnet: { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 } };
  const tracker = new CostTracker({ prices, priceSource: { resolve: () => null }, baseline: 'gpt-4' });
  const start = Date.parse('2026-03-01T08:00:00Z');
  for (let call = 0; call < 400; call++) {
    const at = start + call * 4_500_000;
    const usage = { inputTokens: 4_000 + (call % 7) * 300, cacheReadTokens: call % 3 === 0 ? 2_500 : 0, outputTokens: 900 };
    const who = { agent: ['researcher', 'writer', 'editor'][call % 3], workflow: `post-${Math.floor(call / 3)}`, at };
    tracker.record({
      ...who,
      ...usage,
      model: call % 5 === 0 ? 'gpt-4' : 'sonnet',
      latencyMs: 900 + ((call * 137) % 2_400),
      simulated: call % 9 === 0,
    });
    if (call % 50 === 0) tracker.record({ ...who, model: 'gpt-4', outcome: 'failed', code: 'overloaded', latencyMs: 90 });
  }
  tracker.record({ agent: 'editor', model: 'sonnet', inputTokens: 5_000, outputTokens: 40, estimated: true, outcome: 'aborted', code: 'aborted', at: start + 1_790_000_000 }); // prettier-ignore
  tracker.record({ agent: name, model: `acme/${name}`, workflow: name, inputTokens: 1, outputTokens: 1, at: start + 9_000_000 });
  return tracker;
}

interface Opened {
  readonly page: Page;
  /** What the console said. */
  readonly said: string[];
  /** What was asked for besides the page itself. */
  readonly asked: string[];
}

async function open(look: { colorScheme?: 'light' | 'dark'; width?: number }): Promise<Opened> {
  const page = await browser.newPage();
  const [said, asked]: [string[], string[]] = [[], []];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  page.on('request', (request) => asked.push(request.url()));
  await page.setViewportSize({ width: look.width ?? 1_200, height: 900 });
  await page.emulateMedia({ colorScheme: look.colorScheme ?? 'light' });
  await page.goto(pathToFileURL(join(folder, 'report.html')).href);
  return { page, said, asked: asked.filter((url) => !url.startsWith('file:') && !url.startsWith('data:')) };
}

test.skipIf(missing)('no script runs, the console is silent and nothing is asked for', async () => {
  const { page, said, asked } = await open({});

  expect({ said, asked }).toEqual({ said: [], asked: [] });
  expect(await page.title()).toBe(`Report of ${name}`);
  expect(await page.locator('script, img, iframe, object').count()).toBe(0);
  await page.close();
});

test.skipIf(missing)('its own policy lets its style sheet in, and no other', async () => {
  const { page, said } = await open({});

  const heading = page.locator('h1');
  const font = await heading.evaluate((element) => getComputedStyle(element).fontWeight);
  await heading.evaluate((element) => element.setAttribute('style', 'color: red'));
  const refused = await heading.evaluate((element) => getComputedStyle(element).color);

  expect(font).toBe('650');
  expect(refused).not.toBe('rgb(255, 0, 0)');
  expect(said.join()).toContain('Content Security Policy');
  await page.close();
});

test.skipIf(missing).each([
  ['light', 1_200],
  ['light', 375],
  ['dark', 1_200],
  ['dark', 320],
] as const)('in %s, %i pixels wide, nothing sticks out and everything can be read', async (colorScheme, width) => {
  const { page } = await open({ colorScheme, width });

  const sticksOut = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  const covered = await page
    .locator('.chart th, .chart td')
    .evaluateAll((cells) => cells.filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent));
  const contrast = await page.evaluate(leastContrast);

  expect(sticksOut).toBe(0);
  expect(covered).toEqual([]);
  expect(contrast).toBeGreaterThanOrEqual(4.5);
  await keep(page, `${colorScheme}-${width}`);
  await page.close();
});

/** To be looked at: `ROLECALL_SCREENSHOTS=out npm run test:browser`. */
async function keep(page: Page, title: string): Promise<void> {
  const to = process.env['ROLECALL_SCREENSHOTS'];
  if (to !== undefined) await page.screenshot({ fullPage: true, path: join(to, `${title}.png`) });
}

/** The least contrast between a text and the page, by WCAG 2.2. It runs in the page, so it needs nothing from around it. */
function leastContrast(): number {
  // oxlint-disable unicorn/consistent-function-scoping
  const luminance = (colour: string): number => {
    const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => {
      const value = Number(part) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const paper = luminance(getComputedStyle(document.documentElement).backgroundColor);
  const hasText = (element: Element): boolean =>
    [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '');
  const inks = [...document.querySelectorAll('body *:not(title)')].filter(hasText).map((element) => {
    const { fill, color } = getComputedStyle(element);
    return luminance(element instanceof SVGElement ? fill : color);
  });
  return Math.min(...inks.map((ink) => (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05)));
}

test.skipIf(missing)('what is drawn is also said: charts have a name, and their figures are in tables', async () => {
  const { page } = await open({});

  const unnamed = await page
    .locator('svg:not([aria-hidden="true"] *):not([aria-hidden="true"]):not([role="img"][aria-label])')
    .count();
  const spoken = await page.getByRole('img').first().getAttribute('aria-label');
  await page.getByText('The figures of this chart').click();
  const days = await page.locator('details tbody tr').count();

  expect(unnamed).toBe(0);
  expect(spoken).toMatch(/^Column chart of the cost per day from 1 Mar 2026 to 22 Mar 2026\. The highest is [\d.]+ USD/);
  expect(days).toBe(22);
  expect(await page.getByRole('table').count()).toBeGreaterThan(4);
  await page.close();
});

test.skipIf(missing)('it prints in dark ink on white, with no table cut off', async () => {
  const { page } = await open({ colorScheme: 'dark', width: 720 }); // about A4, at 96 dots to the inch
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });

  const root = page.locator('html');
  const ink = await root.evaluate((element) => getComputedStyle(element).color);
  const paper = await root.evaluate((element) => getComputedStyle(element).backgroundColor);
  const pdf = await page.pdf({ format: 'A4', printBackground: false });
  const cutOff = await root.evaluate((element) => element.scrollWidth - element.clientWidth);

  expect(cutOff).toBe(0);
  expect([ink, paper]).toEqual(['rgb(0, 0, 0)', 'rgb(255, 255, 255)']);
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  await page.close();
});
