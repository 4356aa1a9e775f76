import { expect, test, vi } from 'vitest';
import { OrderBook, type ChancyOrder } from './orders.ts';

const take = (book: OrderBook<ChancyOrder>, model = 'm') => book.take('openai', model) !== undefined;

/** Which of so many requests an order of even chances strikes. */
function strikes(seed: number): readonly boolean[] {
  const book = new OrderBook<ChancyOrder>(seed);
  book.place({ provider: 'openai', probability: 0.5 });
  return Array.from({ length: 64 }, () => take(book));
}

test('an order applies once, unless it says how often', () => {
  const book = new OrderBook<ChancyOrder>(1);
  const once = book.place({});
  const twice = book.place({ times: 2 });

  expect([take(book), take(book), take(book), take(book)]).toEqual([true, true, true, false]);
  expect([once.hits, twice.hits]).toEqual([1, 2]);
});

test('the first order that fits is taken, by provider and model', () => {
  const book = new OrderBook<ChancyOrder & { name: string }>(1);
  book.place({ name: 'groq', provider: 'groq' });
  book.place({ name: 'other model', model: 'other' });
  book.place({ name: 'first' });
  book.place({ name: 'second' });

  expect(book.take('openai', 'm')?.name).toBe('first');
  expect(book.take('openai', 'other')?.name).toBe('other model');
  expect(book.take('groq', 'm')?.name).toBe('groq');
  expect(book.take('openai', undefined)?.name).toBe('second');
});

test('a cancelled order applies no more, and keeps its count', () => {
  const book = new OrderBook<ChancyOrder>(1);
  const order = book.place({ times: Infinity });
  take(book);

  order.cancel();

  expect(take(book)).toBe(false);
  expect(order.hits).toBe(1);
});

test('an order for a while ends with it', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const book = new OrderBook<ChancyOrder>(1);
    book.place({ forMs: 1_000 });

    expect([take(book), take(book)]).toEqual([true, true]);
    vi.advanceTimersByTime(1_001);
    expect(take(book)).toBe(false);
  } finally {
    vi.useRealTimers();
  }
});

test('chance is the same for the same seed, and different for another', () => {
  expect(strikes(7)).toEqual(strikes(7));
  expect(strikes(7)).not.toEqual(strikes(8));
});

test('chance strikes about as often as it was told to', () => {
  const book = new OrderBook<ChancyOrder>(3);
  book.place({ probability: 0.2 });

  const hits = Array.from({ length: 5_000 }, () => take(book)).filter(Boolean).length;

  expect(hits / 5_000).toBeGreaterThan(0.17);
  expect(hits / 5_000).toBeLessThan(0.23);
});

test('requests an order does not fit leave its chances as they were', () => {
  const book = new OrderBook<ChancyOrder>(7);
  book.place({ provider: 'openai', probability: 0.5 });

  const struck = Array.from({ length: 64 }, () => {
    book.take('groq', 'm');
    return take(book);
  });

  expect(struck).toEqual(strikes(7));
});

test('a probability of 0 never strikes and one of 1 always does', () => {
  const never = new OrderBook<ChancyOrder>(1);
  never.place({ probability: 0 });
  const always = new OrderBook<ChancyOrder>(1);
  always.place({ probability: 1 });

  expect(Array.from({ length: 50 }, () => take(never))).not.toContain(true);
  expect(Array.from({ length: 50 }, () => take(always))).not.toContain(false);
});

test.each([
  [{ times: 0 }, 'times is 0'],
  [{ times: 1.5 }, 'times is 1.5'],
  [{ forMs: 0 }, 'forMs is 0'],
  [{ probability: 2 }, 'probability is 2'],
  [{ probability: Number.NaN }, 'probability is NaN'],
  [{ provider: 'cohere' as 'groq' }, 'provider is "cohere"'],
])('%o is refused with the reason', (order, reason) => {
  const book = new OrderBook<ChancyOrder>(1);

  expect(() => book.place(order)).toThrow(TypeError);
  expect(() => book.place(order)).toThrow(reason);
});
