import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
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

/** What the circuit must do, told without its windows: only as much as the commands below can ask of it. */
interface Expected {
  isOpen: boolean;
  until: number;
  probing: boolean;
  probedAt: number;
  doublings: number;
  passes: { readonly pass: Pass; readonly at: number }[];
}
interface Real {
  readonly circuit: Breaker;
}
type Command = fc.Command<Expected, Real>;

const now = (): number => performance.now();
const first = ({ passes }: Expected): Expected['passes'][number] => passes.shift() as Expected['passes'][number];
/** The probe under way is a later one than that of then. */
const isOther = ({ probing, probedAt }: Expected, at: number): boolean => probing && at < probedAt;
const mayProbe = (model: Expected): boolean => !model.probing || now() >= model.probedAt + 30_000;

class Ask implements Command {
  check = (): boolean => true;
  run(model: Expected, { circuit }: Real): void {
    const pass = circuit.enter();
    const expected = !model.isOpen ? 'call' : now() >= model.until && mayProbe(model) ? 'probe' : undefined;

    expect(pass).toBe(expected);
    if (pass === 'probe') Object.assign(model, { probing: true, probedAt: now() });
    if (pass) model.passes.push({ pass, at: now() });
  }
  toString = (): string => 'ask';
}

class Answer implements Command {
  check = (model: Readonly<Expected>): boolean => model.passes.length > 0;
  run(model: Expected, { circuit }: Real): void {
    const { pass } = first(model);
    circuit.succeeded(pass);
    if (pass === 'probe') Object.assign(model, { isOpen: false, probing: false, doublings: 0 });

    expect(circuit.state === 'closed').toBe(!model.isOpen);
  }
  toString = (): string => 'answer';
}

class Fail implements Command {
  readonly #retryAfterMs: number;
  constructor(retryAfterMs: number) {
    this.#retryAfterMs = retryAfterMs;
  }
  check = (model: Readonly<Expected>): boolean => model.passes.length > 0;
  run(model: Expected, { circuit }: Real): void {
    const { pass, at } = first(model);
    const before = model.isOpen ? model.until : 0;
    if (pass === 'probe' && model.isOpen) Object.assign(model, { probing: isOther(model, at), doublings: model.doublings + 1 });
    circuit.failed(pass, { code: 'auth', retryAfterMs: this.#retryAfterMs }, at);
    model.isOpen = true;
    model.until = now() + circuit.availableInMs();

    const length = Math.min(300_000, 5_000 * 2 ** model.doublings);
    expect(circuit.state).toBe('open');
    expect(model.until).toBeGreaterThanOrEqual(Math.max(before, now() + this.#retryAfterMs, now() + length * 0.8) - 1e-6);
    expect(model.until).toBeLessThanOrEqual(Math.max(before, now() + this.#retryAfterMs, now() + length * 1.2) + 1e-6);
  }
  toString = (): string => `fail(${this.#retryAfterMs})`;
}

class Leave implements Command {
  check = (model: Readonly<Expected>): boolean => model.passes.length > 0;
  run(model: Expected, { circuit }: Real): void {
    const { pass, at } = first(model);
    const { state } = circuit;
    circuit.left(pass, at);
    if (pass === 'probe') model.probing = isOther(model, at);

    expect(circuit.state).toBe(state);
  }
  toString = (): string => 'leave';
}

class Pause implements Command {
  readonly #ms: number;
  constructor(ms: number) {
    this.#ms = ms;
  }
  check = (): boolean => true;
  run(): void {
    vi.advanceTimersByTime(this.#ms);
  }
  toString = (): string => `pause(${this.#ms})`;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('whatever happens in whatever order, it opens, probes, extends, doubles and closes as it must', () => {
  const commands = fc.commands(
    [
      fc.constant(new Ask()),
      fc.constant(new Answer()),
      fc.constant(new Leave()),
      fc.constantFrom(0, 1_000, 20_000, 400_000).map((ms) => new Fail(ms)),
      fc.constantFrom(500, 4_000, 8_000, 31_000, 400_000).map((ms) => new Pause(ms)),
    ],
    { maxCommands: 60 },
  );
  fc.assert(
    fc.property(commands, (sequence) => {
      const model = { isOpen: false, until: 0, probing: false, probedAt: 0, doublings: 0, passes: [] };
      fc.modelRun(() => ({ model, real: { circuit: new Breaker(rules) } }), sequence);
    }),
    { numRuns: 300 },
  );
});
