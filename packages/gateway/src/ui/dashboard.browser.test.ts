/** The dashboard in Debian's Chromium: in front of a gateway whose first choice is down. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator, type Simulator } from '@rolecall/simulator';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createGateway, type Gateway } from '../index.ts';

const executablePath = '/usr/bin/chromium';
// A machine of CI must have it: a check that is always skipped is none.
const missing = !existsSync(executablePath) && !process.env['CI'];
if (missing) console.warn(`The dashboard is not tested: there is no ${executablePath} (apt-get install chromium).`);

const masterKey = 'sk-master-0123456789';
const prompt = 'the secret recipe of the cake';
const evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
const quiet = ['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

// Starting a browser takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let folder = '';
let simulator: Simulator;
let gateway: Gateway;
let browser: Browser;
let page: Page;
/** What the console said. */
let said: string[] = [];
/** What was asked for at other origins. */
let strayed: string[] = [];

function params(model: string, base: string): string {
  return `{ model: ${model}, api_key: sk-upstream-secret, api_base: '${base}', input_cost_per_token: 0.00001, output_cost_per_token: 0.00003 }`;
}

function yaml(): string {
  return `model_list:
  - model_name: sonnet
    litellm_params: ${params('anthropic/claude-sonnet-4-5', simulator.urls.anthropic)}
  - model_name: gpt-4o
    litellm_params: ${params('openai/gpt-4o', simulator.urls.openai)}
router_settings: { num_retries: 1, retry_after: 0, fallbacks: [{ sonnet: [gpt-4o] }] }
roles: { writer: sonnet, editor: gpt-4o }
general_settings:
  master_key: ${masterKey}
  baseline: gpt-4
  keys:
    - { name: blog, key: sk-blog-0123456789, max_budget: 0.05, budget_duration: 1d, rpm: 600, models: ['role:writer', 'role:editor'] }
    - { name: shop, key: sk-shop-0123456789, max_budget: 20, expires: '2099-01-31' }
    - { name: former, key: sk-former-0123456789, blocked: true }
`;
}

beforeAll(async () => {
  if (missing) return;
  simulator = await startSimulator();
  folder = await mkdtemp(join(tmpdir(), 'rolecall-ui-'));
  await writeFile(join(folder, 'config.yaml'), yaml());
  browser = await chromium.launch({
    executablePath,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet],
  });
}, 60_000);

beforeEach(async () => {
  if (missing) return;
  simulator.reset();
  gateway = await createGateway({ config: join(folder, 'config.yaml'), env: {}, logTo: { write: () => undefined } });
  await gateway.listen(0);
  page = await (await browser.newContext()).newPage();
  [said, strayed] = [[], []];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(address()) && !request.url().startsWith('data:')) strayed.push(request.url());
  });
});

afterEach(async () => {
  if (missing) return;
  await page.context().close();
  await gateway.close({ graceMs: 0 });
});

afterAll(async () => {
  if (missing) return;
  await browser?.close();
  await simulator?.close();
  await rm(folder, { recursive: true, force: true });
});

function address(): string {
  return gateway.address?.url ?? '';
}

async function call(model: string, key = 'sk-blog-0123456789', more: object = {}): Promise<string> {
  const answer = await fetch(`${address()}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, max_tokens: 60, messages: [{ role: 'user', content: prompt }], ...more }),
  });
  await answer.text();
  return answer.headers.get('x-rolecall-call-id') ?? '';
}

/** With the keyboard alone. */
async function logIn(): Promise<void> {
  await page.goto(`${address()}/ui`);
  await page.getByLabel('Master key').waitFor();
  await page.keyboard.type(masterKey);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  said = said.filter((line) => !line.includes('401')); // Chromium notes that there was no session yet
}

test.skipIf(missing)('whoever logs in sees a request arrive, opens it, and reads why another model answered', async () => {
  await logIn();
  await simulator.takeDown('anthropic');
  await page.getByText('Live', { exact: true }).waitFor();
  expect(await page.getByText('None yet: send one').count()).toBe(1);

  const id = await call('role:writer');
  await simulator.bringUp('anthropic');

  const link = page.getByRole('link', { name: 'role:writer' });
  await link.waitFor();
  await page.getByText('1 fallback').waitFor();
  await link.click();
  await page.getByRole('heading', { name: 'Request for role:writer' }).waitFor();
  const text = await page.locator('main').innerText();
  expect(text).toContain('sonnet could not answer, since it could not be reached. So gpt-4o was asked, and answered.');
  expect(text).toContain(id);
  expect(text).toContain('openai-compatible/gpt-4o');
  expect(text).toContain('Where such a request would go now');
  expect(await page.locator('.attempts > li').count()).toBeGreaterThanOrEqual(2);
  expect({ said, strayed }).toEqual({ said: [], strayed: [] });
});

test.skipIf(missing)('a request under way is shown before it is over, and what has failed of it', async () => {
  await logIn();
  simulator.fault({ kind: 'status', provider: 'anthropic', status: 529, times: 5 });
  simulator.fault({ kind: 'slow', provider: 'openai', delayMs: 1_500, times: 1 });

  const answer = call('role:writer');
  await page.locator('.mark', { hasText: 'under way' }).waitFor();
  await page.getByRole('link', { name: 'role:writer' }).click();
  await page.getByText('was asked in vain; the next is being asked').waitFor();
  await answer;

  await page.getByText('So gpt-4o was asked, and answered.').waitFor();
  expect({ said, strayed }).toEqual({ said: [], strayed: [] });
});

test.skipIf(missing)('nothing that is asked for can become a tag, and no prompt, answer or key is on the page', async () => {
  await logIn();
  await call(evil, masterKey);
  await call('role:writer', masterKey, { user: prompt, tags: [evil] });
  for (const place of ['#/', '#/requests', '#/spend', '#/backends', '#/keys']) {
    await page.goto(`${address()}/ui${place}`);
    await page.waitForTimeout(300);
    const html = await page.content();
    const secrets = [prompt, masterKey, 'sk-upstream-secret', 'sk-blog-0123456789', '127.0.0.1'];
    expect(secrets.filter((secret) => html.includes(secret))).toEqual([]);
  }
  await page.goto(`${address()}/ui#/requests`);
  await page.getByRole('link', { name: '<img' }).click();
  await page.getByRole('heading', { name: 'Request for <img' }).waitFor();

  expect(await page.locator('#app img, #app script').count()).toBe(0);
  expect(await page.title()).toContain('<img');
  expect({ said, strayed }).toEqual({ said: [], strayed: [] });
});

test.skipIf(missing)('the policy of the page lets no other script and no other origin in', async () => {
  await logIn();

  const ran = await page.evaluate(async () => {
    const script = document.createElement('script');
    let refused = '';
    try {
      script.textContent = 'window.taken = true';
      document.body.append(script);
    } catch (error) {
      refused = String(error);
    }
    const fetched = await fetch('http://127.0.0.1:9/x').then(
      () => true,
      () => false,
    );
    return { taken: 'taken' in window, refused, fetched };
  });

  expect(ran).toEqual({ taken: false, refused: expect.stringContaining('TrustedScript'), fetched: false });
  expect(said.join()).toContain('Content Security Policy');
});

test.skipIf(missing)('every place is reached by keyboard, and where one is is said', async () => {
  await logIn();
  await call('role:editor');
  await page.reload();
  await page.getByRole('link', { name: 'role:editor' }).waitFor();
  await page.keyboard.press('Tab');
  const first = await page.evaluate(() => document.activeElement?.textContent);
  await page.keyboard.press('Enter');
  const skipped = await page.evaluate(() => document.activeElement?.tagName);
  await page.locator('nav a', { hasText: 'Requests' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Requests' }).waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === 'H1');
  const current = await page.locator('nav a[aria-current]').innerText();
  for (let presses = 0; presses < 6; presses++) {
    await page.keyboard.press('Tab');
    if ((await page.evaluate(() => document.activeElement?.textContent)) === 'role:editor') break;
  }
  await page.keyboard.press('Enter');

  await page.getByRole('heading', { name: 'Request for role:editor' }).waitFor();
  expect([first, skipped, current]).toEqual(['Skip to the content', 'H1', 'Requests']);
});

test.skipIf(missing)('focus stays where it is while requests arrive, and a pause stops them', async () => {
  await logIn();
  await page.goto(`${address()}/ui#/requests`);
  await call('role:editor');
  const link = page.getByRole('link', { name: 'role:editor' });
  await link.focus();
  await call('role:writer');
  await page.getByRole('link', { name: 'role:writer' }).waitFor();
  const focused = await page.evaluate(() => document.activeElement?.textContent);

  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText('Paused').waitFor();
  await call('gpt-4o', 'sk-shop-0123456789');
  await page.waitForTimeout(600);
  const whilePaused = await page.getByRole('link', { name: 'gpt-4o' }).count();
  await page.getByRole('button', { name: 'Go on' }).click();

  await page.getByRole('link', { name: 'gpt-4o' }).waitFor();
  expect([focused, whilePaused]).toEqual(['role:editor', 0]);
});

test.skipIf(missing)('a wrong key is told, the tries are limited, and whoever logs out is out', async () => {
  await page.goto(`${address()}/ui`);
  await page.getByLabel('Master key').fill('sk-wrong');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText('That is not the master key.').waitFor();
  await page.getByLabel('Master key').fill(masterKey);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('Master key').waitFor();

  await page.reload();
  await page.getByLabel('Master key').waitFor();

  expect(await page.context().cookies()).toEqual([]);
  expect(await page.evaluate(() => document.cookie)).toBe('');
});

test.skipIf(missing)('an open dashboard does not hold up a gateway that stops', async () => {
  await logIn();
  await page.getByText('Live', { exact: true }).waitFor();
  const start = performance.now();

  await gateway.close({ graceMs: 30_000 });

  expect(performance.now() - start).toBeLessThan(10_000);
  await page.getByText('No connection').waitFor();
});

const views = ['#/', '#/requests', '#/spend', '#/backends', '#/keys', 'request'] as const;

test.skipIf(missing).each([
  ['light', 1_280],
  ['light', 390],
  ['dark', 1_280],
  ['dark', 320],
] as const)('in %s, %i pixels wide, nothing sticks out and everything can be read', async (colorScheme, width) => {
  await page.setViewportSize({ width, height: 860 });
  await page.emulateMedia({ colorScheme });
  await page.goto(`${address()}/ui`);
  await page.getByLabel('Master key').waitFor();
  await keep(`login-${colorScheme}-${width}`);
  await logIn();
  await traffic();
  const id = await fallenBack();

  for (const view of views) {
    await page.goto(`${address()}/ui${view === 'request' ? `#/requests/${id}` : view}`);
    await page.waitForTimeout(1_300);
    const sticksOut = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    const contrast = await page.evaluate(leastContrast);
    await keep(`${view.replace('#/', '') || 'overview'}-${colorScheme}-${width}`);
    expect({ view, sticksOut }).toEqual({ view, sticksOut: 0 });
    expect(contrast, view).toBeGreaterThanOrEqual(4.5);
  }
  expect({ said, strayed }).toEqual({ said: [], strayed: [] });
});

test.skipIf(missing)('a baseline of which no price is known is named as the one, and not the calls', async () => {
  await writeFile(join(folder, 'misspelt.yaml'), yaml().replace('baseline: gpt-4', 'baseline: gpt-44'));
  await gateway.close({ graceMs: 0 });
  gateway = await createGateway({ config: join(folder, 'misspelt.yaml'), env: {}, logTo: { write: () => undefined } });
  await gateway.listen(0);
  await call('gpt-4o', 'sk-shop-0123456789');
  await logIn();

  await page.getByRole('link', { name: 'Spend' }).click();
  await page.getByText('No price is known of the baseline gpt-44: check its name.').waitFor();

  expect(await page.locator('main').innerText()).toContain('Left out: 1 call for which the baseline has no price.');
});

async function traffic(): Promise<void> {
  for (let count = 0; count < 12; count++) await call(count % 3 === 0 ? 'role:editor' : 'role:writer');
  await call('gpt-4o', 'sk-shop-0123456789', { stream: true });
  await call('no-such-model', 'sk-shop-0123456789');
  await call('sonnet');
}

async function fallenBack(): Promise<string> {
  simulator.fault({ kind: 'status', provider: 'anthropic', status: 429, times: 9 });
  const id = await call('role:writer');
  simulator.reset();
  return id;
}

/** To be looked at: `ROLECALL_SCREENSHOTS=out npm run test:browser`. */
async function keep(title: string): Promise<void> {
  const to = process.env['ROLECALL_SCREENSHOTS'];
  if (to !== undefined) await page.screenshot({ fullPage: true, path: join(to, `${title}.png`) });
}

/** The least contrast between a text and what it stands on, by WCAG 2.2. It runs in the page, so it needs nothing from around it. */
function leastContrast(): number {
  // oxlint-disable unicorn/consistent-function-scoping
  const luminance = (colour: string): number => {
    const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => {
      const value = Number(part) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const groundOf = (element: Element): string => {
    for (let at: Element | null = element; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (backgroundColor !== 'rgba(0, 0, 0, 0)') return backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };
  const hasText = (element: Element): boolean =>
    [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '');
  const contrasts = [...document.querySelectorAll('#app *')].filter(hasText).map((element) => {
    const [ink, paper] = [luminance(getComputedStyle(element).color), luminance(groundOf(element))];
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  });
  return Math.min(...contrasts);
}
