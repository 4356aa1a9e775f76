import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ModelErrorCode } from '../errors.ts';
import { Breaker, type CircuitRules, type Pass } from './circuit.ts';

const rules: CircuitRules = {
  failuresInRow: 5,
  failureShare: 0.5,
  minimumCalls: 5,
  windowMs: 60_000,
  baseMs: 5_000,
  maxMs: 300_000,
  cooldownMs: undefined,
  allowedFails: undefined,
  allowedFailsPerCode: {},
  members: 2,
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Lets so many calls fail, as long as it is closed. */
function failures(circuit: Breaker, count: number, code: ModelErrorCode = 'overloaded'): void {
  for (let n = 0; n < count; n++) circuit.failed('call', { code });
}

test('the fifth failure in a row opens it, after however many answers', () => {
  const circuit = new Breaker(rules);
  for (let n = 0; n < 100; n++) circuit.succeeded('call');

  failures(circuit, 4);
  expect(circuit.state).toBe('closed');
  failures(circuit, 1);

  expect(circuit.state).toBe('open');
});

test('an answer in between begins the row anew', () => {
  const circuit = new Breaker(rules);
  for (let n = 0; n < 100; n++) circuit.succeeded('call');

  failures(circuit, 4);
  circuit.succeeded('call');
  failures(circuit, 4);

  expect(circuit.state).toBe('closed');
});

test('3 failures in 4 calls do not open it, 3 in 5 do', () => {
  const few = new Breaker(rules);
  few.succeeded('call');
  failures(few, 3);
  expect(few.state).toBe('closed');

  const many = new Breaker(rules);
  many.succeeded('call');
  failures(many, 2);
  many.succeeded('call');
  expect(many.state).toBe('closed');
  failures(many, 1);

  expect(many.state).toBe('open');
});

test('half of the calls is not more than half', () => {
  const circuit = new Breaker(rules);
  for (let n = 0; n < 20; n++) {
    circuit.succeeded('call');
    failures(circuit, 1);
  }

  expect(circuit.state).toBe('closed');
});

test('failures of more than a minute ago do not count towards the share', () => {
  const circuit = new Breaker(rules);
  failures(circuit, 3);
  vi.advanceTimersByTime(62_000);
  circuit.succeeded('call');
  circuit.succeeded('call');
  failures(circuit, 2);

  circuit.succeeded('call');

  expect(circuit.state).toBe('closed');
});

test.each([
  ['auth', 1, 'open'],
  ['auth', 2, 'open'],
  ['not_found', 1, 'open'],
  ['rate_limited', 1, 'closed'],
  ['rate_limited', 2, 'open'],
  ['quota_exceeded', 1, 'closed'],
  ['quota_exceeded', 2, 'open'],
  ['not_configured', 1, 'closed'],
  ['not_configured', 2, 'open'],
  ['overloaded', 2, 'closed'],
  ['network', 2, 'closed'],
] as const)('after one %s, in a group of %i, it is %s', (code, members, state) => {
  const circuit = new Breaker({ ...rules, members });

  failures(circuit, 1, code);

  expect(circuit.state).toBe(state);
});

test.each([
  ['overloaded', undefined, false],
  ['overloaded', 3_000, true],
  ['network', undefined, false],
  ['rate_limited', undefined, true],
  ['auth', undefined, true],
] as const)('opened by %s with a wait of %s, it lets nobody through for want of others: %s', (code, retryAfterMs, lasting) => {
  const circuit = new Breaker({ ...rules, failuresInRow: 1 });

  circuit.failed('call', { code, retryAfterMs });

  expect(circuit.lasting).toBe(lasting);
  expect(circuit.enter()).toBeUndefined();
  expect(circuit.enter(true)).toBe(lasting ? undefined : 'last_resort');
});

test('a wait that was kept says nothing of the rest after it: opened again by what passes, it lets a last resort through', () => {
  const circuit = new Breaker({ ...rules, failuresInRow: 1 });
  failures(circuit, 1, 'auth');
  vi.advanceTimersByTime(circuit.availableInMs());

  circuit.failed(circuit.enter() as Pass, { code: 'network' });

  expect(circuit.enter(true)).toBe('last_resort');
});

test.each(['fails', 'is given up'])('a probe that %s after half a minute leaves the next one alone', (end) => {
  const circuit = new Breaker({ ...rules, cooldownMs: 0, failuresInRow: 1 });
  failures(circuit, 1);
  const at = performance.now();
  const slow = circuit.enter() as Pass;
  vi.advanceTimersByTime(30_000);
  expect(circuit.enter()).toBe('probe');

  if (end === 'fails') circuit.failed(slow, { code: 'network' }, at);
  else circuit.left(slow, at);

  expect(circuit.enter()).toBeUndefined();
});

test('a last resort that answers closes it', () => {
  const circuit = new Breaker({ ...rules, failuresInRow: 1 });
  failures(circuit, 1);

  circuit.succeeded(circuit.enter(true) as Pass);

  expect(circuit.state).toBe('closed');
});

test('it stays open twice as long after each probe that fails, up to five minutes, and 5 s again after one that answers', () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  const circuit = new Breaker(rules);
  const lengths: number[] = [];
  failures(circuit, 5);
  for (let n = 0; n < 8; n++) {
    lengths.push(circuit.availableInMs());
    vi.advanceTimersByTime(circuit.availableInMs());
    circuit.failed(circuit.enter() as Pass, { code: 'overloaded' });
  }
  expect(lengths).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);

  vi.advanceTimersByTime(300_000);
  circuit.succeeded(circuit.enter() as Pass);
  failures(circuit, 5);

  expect(circuit.availableInMs()).toBe(5_000);
});

test.each([
  [0, 4_000],
  [1, 6_000],
])('with a random %i it is open for %i ms', (random, length) => {
  vi.spyOn(Math, 'random').mockReturnValue(random);
  const circuit = new Breaker(rules);

  failures(circuit, 5);

  expect(circuit.availableInMs()).toBeCloseTo(length);
});

test('a longer second deadline extends it, a shorter one does not shorten it', () => {
  const circuit = new Breaker(rules);
  circuit.failed('call', { code: 'rate_limited', retryAfterMs: 20_000 });

  circuit.failed('call', { code: 'rate_limited', retryAfterMs: 60_000 });
  expect(circuit.availableInMs()).toBe(60_000);
  circuit.failed('call', { code: 'rate_limited', retryAfterMs: 1_000 });

  expect(circuit.availableInMs()).toBe(60_000);
});

test('a fixed length is kept exactly, whatever the provider asks for', () => {
  const circuit = new Breaker({ ...rules, cooldownMs: 2_000 });

  circuit.failed('call', { code: 'rate_limited', retryAfterMs: 60_000 });

  expect(circuit.availableInMs()).toBe(2_000);
});

test('it says until when in the time of the calendar, and after what', () => {
  vi.setSystemTime(1_700_000_000_000);
  const circuit = new Breaker({ ...rules, cooldownMs: 5_000 });
  expect(circuit.openUntil).toBeUndefined();

  circuit.failed('call', { code: 'auth', status: 401, reason: 'Invalid API key' });

  expect(circuit.openUntil).toBe(1_700_000_005_000);
  expect(circuit.lastError).toEqual({ code: 'auth', status: 401, reason: 'Invalid API key', at: 1_700_000_000_000 });
  vi.advanceTimersByTime(5_000);
  expect(circuit.state).toBe('half_open');
});

test('three allowed failures do not open it, the fourth does, and no other rule counts', () => {
  const circuit = new Breaker({ ...rules, allowedFails: 3 });

  failures(circuit, 1, 'auth');
  failures(circuit, 2, 'rate_limited');
  expect(circuit.state).toBe('closed');
  failures(circuit, 1, 'network');

  expect(circuit.state).toBe('open');
});

test('failures allowed for single codes are counted apart', () => {
  const circuit = new Breaker({ ...rules, allowedFailsPerCode: { attempt_timeout: 3, rate_limited: 3 } });

  failures(circuit, 3, 'attempt_timeout');
  failures(circuit, 3, 'rate_limited');
  expect(circuit.state).toBe('closed');
  failures(circuit, 1, 'rate_limited');

  expect(circuit.state).toBe('open');
});

test('a code with no number of its own follows the other rules', () => {
  const circuit = new Breaker({ ...rules, allowedFailsPerCode: { attempt_timeout: 3 } });

  failures(circuit, 1, 'auth');

  expect(circuit.state).toBe('open');
});
