/** Several gateways over one Redis, which is killed and comes back. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createRouter, ModelError } from '@rolecall/router';
import { CostTracker } from '@rolecall/cost-tracker';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TestRedis } from '../../test/redis.ts';
import { Cooldowns } from '../health/cooldowns.ts';
import { RedisKeyLimits } from '../keys/key-limits.ts';
import { RedisKeyStore } from '../keys/redis-key-store.ts';
import { idOf, type VirtualKey } from '../keys/virtual-key.ts';
import { RedisBudgetStore } from './redis-budget-store.ts';
import { RedisLink } from './redis-link.ts';
import { SharedBudgetStore } from './shared-budget-store.ts';
import { SharedCalls } from './shared-calls.ts';
import { SharedCircuits } from './shared-circuits.ts';

const links: RedisLink[] = [];
let redis: TestRedis;

async function open(): Promise<RedisLink> {
  const link = await RedisLink.open(redis.url);
  links.push(link);
  return link;
}

beforeEach(async () => {
  redis = await TestRedis.start();
});

afterEach(async () => {
  for (const link of links.splice(0)) link.close();
  await redis.end();
});

const account = { account: 'key blog\nkey:blog\n', closesAt: Infinity, oneOfMany: false };
const claim = (amount: bigint, limit: bigint) => ({ ...account, amount, limit });
const key = (more: Partial<VirtualKey> = {}): VirtualKey => ({
  id: idOf('sk-blog'),
  name: 'blog',
  hint: 'sk-...blog',
  models: [],
  budgetWindow: 'total',
  isBlocked: false,
  tags: [],
  createdAt: 1,
  isConfigured: false,
  ...more,
});

test('a gateway that is busy for longer than a command may take does not think Redis away', async () => {
  const link = await open();
  const answers = [link.command('PING'), link.command('INCR', 'count')];
  await nextTurn(); // they are on their way

  for (const until = performance.now() + 800; performance.now() < until;); // nothing else gets a turn

  expect(await Promise.all(answers)).toEqual(['PONG', 1]);
  expect(link.isUp).toBe(true);
});

test('two gateways never hold more than the limit, however many ask at once, to the last picodollar', async () => {
  const stores = [new RedisBudgetStore(await open()), new RedisBudgetStore(await open())];
  const limit = 9_007_199_254_740_993n; // one more than a Lua number can tell apart

  const verdicts = await Promise.all(
    Array.from({ length: 200 }, (_, index) => stores[index % 2]!.reserve([claim(limit / 100n, limit)])),
  );
  const leases = verdicts.flatMap(({ lease }) => (lease === null ? [] : [lease]));
  await Promise.all(leases.map((lease, index) => stores[index % 2]!.settle(lease, [{ ...account, amount: limit / 100n }])));
  const rest = limit - (limit / 100n) * 100n;

  expect(leases).toHaveLength(100);
  expect(await stores[0]!.reserve([claim(rest + 1n, limit)])).toMatchObject({ lease: null, refused: 0 });
  expect((await stores[1]!.reserve([claim(rest, limit)])).lease).not.toBeNull();
});

test('a call that fits one budget and not the other holds nothing of either', async () => {
  const store = new RedisBudgetStore(await open());
  const other = { ...account, account: 'gateway' };

  const refused = await store.reserve([claim(5n, 10n), { ...other, amount: 5n, limit: 4n }]);

  expect(refused).toEqual({ lease: null, refused: 1, balance: { spent: 0n, reserved: 0n } });
  expect((await store.reserve([claim(10n, 10n)])).lease).not.toBeNull();
});

test('the same settlement sent twice is charged once, and a lease that is given back is free', async () => {
  const store = new RedisBudgetStore(await open());
  const { lease } = await store.reserve([claim(8n, 10n)]);
  await store.settle(lease, [{ ...account, amount: 3n }], 'once');

  const again = await store.settle(lease, [{ ...account, amount: 3n }], 'once');
  const second = await store.reserve([claim(7n, 10n)]);
  await store.release(second.lease ?? '');

  expect(again).toEqual([{ spent: 3n, reserved: 0n }]);
  expect((await store.reserve([claim(7n, 10n)])).lease).not.toBeNull();
});

test('open: while Redis is away calls go on by the own count, and what they used is charged when it is back', async () => {
  const store = new SharedBudgetStore(new RedisBudgetStore(await open()), 'open');
  await store.settle(null, [{ ...account, amount: 2n }]);
  await redis.kill();

  const away = await store.reserve([claim(5n, 10n)]);
  await store.settle(away.lease, [{ ...account, amount: 5n }]);
  const tooMuch = await store.reserve([claim(4n, 10n)]);
  await redis.comeBack();
  await vi.waitFor(
    async () => {
      await store.pay();
      expect(store.owed).toBe(0);
    },
    { timeout: 10_000, interval: 100 },
  );

  expect(away.lease).toMatch(/^own:/);
  expect(tooMuch.lease).toBeNull();
  expect(await store.settle(null, [{ ...account, amount: 0n }])).toEqual([{ spent: 7n, reserved: 0n }]);
});

test('closed: while Redis is away a call with a budget is refused, one without goes on, and all is well again after', async () => {
  const store = new SharedBudgetStore(new RedisBudgetStore(await open()), 'closed');
  const tracker = new CostTracker({
    prices: { 'stub/dear': { input: 1, output: 1 } },
    budgets: [{ name: 'key blog', limitUsd: 1, scope: { tag: 'key:blog' } }],
    budgetStore: store,
  });
  const answer = {
    model: 'stub/dear',
    text: 'ok',
    toolCalls: [],
    finishReason: 'stop' as const,
    usage: { inputTokens: 1, outputTokens: 1 },
  };
  const model = Object.assign(() => Promise.resolve(answer), { id: 'stub/dear' });
  const router = createRouter({ models: { dear: model }, wrap: [tracker.wrap] });
  const ask = (tags: string[]) =>
    router({ model: 'dear', messages: [{ role: 'user', content: 'Hi' }], settings: { maxOutputTokens: 1 }, labels: { tags } });
  await redis.kill();

  const refused = await ask(['key:blog']).catch((error: unknown) => error);
  const other = await ask([]);
  await redis.comeBack();
  const back = await vi.waitFor(() => ask(['key:blog']), { timeout: 10_000, interval: 100 });
  await tracker.flush();

  expect(refused).toMatchObject({ code: 'budget_store_failed' });
  expect([other.text, back.text]).toEqual(['ok', 'ok']);
});

test('a key made at one gateway is known at the other at once, a block within a refresh, and both outlive an outage', async () => {
  const [here, there] = [new RedisKeyStore(await open()), new RedisKeyStore(await open())];
  await here.put(key());

  const found = await there.find(idOf('sk-blog'));
  await here.put(key({ isBlocked: true }));
  await there.refresh();
  await redis.kill();

  expect(found).toMatchObject({ name: 'blog', isBlocked: false });
  expect(there.find(idOf('sk-blog'))).toMatchObject({ isBlocked: true });
  await expect(there.find(idOf('sk-unknown'))).rejects.toThrow('Redis does not answer');
});

test('requests a minute are counted for all gateways together, and by each alone while Redis is away', async () => {
  const [here, there] = [new RedisKeyLimits(await open()), new RedisKeyLimits(await open())];
  const takes = await Promise.all(Array.from({ length: 10 }, (_, index) => [here, there][index % 2]!.take('k', { rpm: 4 }, 0)));
  await redis.kill();

  const alone = await here.take('k', { rpm: 4 }, 0);

  expect(takes.filter(({ isIn }) => isIn)).toHaveLength(4);
  expect(takes.find(({ isIn }) => !isIn)?.waitMs).toBeGreaterThan(0);
  expect(alone.isIn).toBe(true);
});

test('a backend that one gateway found down is left alone by the other', async () => {
  const asked: string[] = [];
  const routerOf = (name: string) =>
    createRouter({
      models: {
        a: [
          {
            id: 'a-1',
            model: () => (asked.push(name), Promise.reject(new ModelError('auth', { model: 'stub/a', status: 401 }))),
          },
          {
            id: 'a-2',
            model: () => Promise.resolve({ model: 'stub/b', text: 'b', toolCalls: [], finishReason: 'stop', usage: {} }),
          },
        ],
      },
      strategy: 'least-busy',
      retry: { retries: 3 },
    });
  const [one, two] = [routerOf('one'), routerOf('two')];
  const [cooldowns, cooldownsOfTwo] = [new Cooldowns(), new Cooldowns()];
  const [circuits, circuitsOfTwo] = [
    new SharedCircuits(await open(), cooldowns),
    new SharedCircuits(await open(), cooldownsOfTwo),
  ];
  await vi.waitFor(async () => {
    await one({ model: 'a', messages: [{ role: 'user', content: 'Hi' }] });
    expect(one.health()[0]?.state).toBe('open');
  });

  await circuits.tell(cooldowns.news(one));
  await circuitsOfTwo.heed(two);

  expect(two.health()[0]).toMatchObject({ id: 'a-1', state: 'open', answered: 0 });
  expect(cooldownsOfTwo.news(two)).toEqual([]);
  for (let count = 0; count < 5; count++) await two({ model: 'a', messages: [{ role: 'user', content: 'Hi' }] });
  expect(asked).not.toContain('two');
});

test('a Redis that is there and carries nothing out is away: limits and budgets go by their own count', async () => {
  const link = await open();
  const budgets = new SharedBudgetStore(new RedisBudgetStore(link), 'open');
  await link.command('CONFIG', 'SET', 'maxmemory', '1');

  const { isIn } = await new RedisKeyLimits(link).take('blog', { rpm: 1 }, 1);
  const { lease } = await budgets.reserve([claim(4n, 10n)]);
  await budgets.settle(lease, [{ ...account, amount: 3n }]);
  const owed = budgets.owed;
  await link.command('CONFIG', 'SET', 'maxmemory', '0');
  await budgets.pay();

  expect([isIn, lease !== null, owed, budgets.owed]).toEqual([true, true, 1, 0]);
  expect(await new RedisBudgetStore(link).reserve([claim(8n, 10n)])).toMatchObject({ lease: null, balance: { spent: 3n } });
});

const place = { name: 'main', deployment: 'main', model: 'openai/gpt-4o' };

test('what one gateway had begun is told to the next that gets the call, once, and not to the same', async () => {
  const errors: unknown[] = [];
  const [one, other] = [await open(), await open()].map((link) => new SharedCalls(link, (error) => errors.push(error)));
  const lost: string[] = [];
  const markOf = (gateway: SharedCalls | undefined, callId: string, keyId?: string) =>
    gateway!.of({ callId, keyId, tags: ['key:blog'] }, ({ callId: id, place: { name } }) => lost.push(`${id} ${name}`));

  await markOf(one, 'begun').asking(place);
  await markOf(one, 'begun').asking(place);
  await markOf(other, 'begun', 'of another key').asking(place);
  const untouched = [...lost];
  const over = await markOf(other, 'begun').asking(place);
  over();
  await markOf(one, 'begun').asking(place);
  const ended = await markOf(one, 'ended').asking(place);
  ended();
  await markOf(other, 'ended').asking(place);
  await markOf(one, 'refused').asking(place);
  markOf(other, 'refused').settle();

  await vi.waitFor(() => expect(lost).toEqual(['begun main', 'refused main']));
  expect(untouched).toEqual([]);
  expect(errors).toEqual([]);
});

test('a call whose mark cannot be left goes on', async () => {
  const link = await open();
  const errors: unknown[] = [];
  await redis.kill();

  const mark = new SharedCalls(link, (error) => errors.push(error)).of({ callId: 'call-1', tags: [] }, () => undefined);
  const over = await mark.asking(place);
  over();
  mark.settle();

  await vi.waitFor(() => expect(errors.length).toBeGreaterThanOrEqual(2));
});

test('a minute that is only corrected is forgotten like any other, and gives no credit', async () => {
  const link = await open();
  const limits = new RedisKeyLimits(link);

  limits.correct('blog', -50);
  await limits.take('other', { rpm: 1 }, 0); // the commands of a connection are carried out in order
  const names = (await link.command('KEYS', '*minute:blog*')) as string[];
  const lives = await Promise.all(names.map((name) => link.command('PTTL', name)));
  const { remainingTokens } = await limits.take('blog', { tpm: 100 }, 0);

  expect(lives).toEqual([expect.any(Number)]);
  expect(Number(lives[0])).toBeGreaterThan(0);
  expect(remainingTokens).toBe(100);
});
