import type { Entry } from './entry.ts';
import { otherKey } from './rollup.ts';
import type { Outcome } from './row.ts';
import { Spend } from './spend.ts';
import { usdOrNull } from './tally.ts';

/** What calls of one kind came to on one day. */
export interface DailyFigures {
  /** The day in UTC, as `2026-11-22`. */
  readonly day: string;
  /** By named model, or else `provider/model`. */
  readonly model: string;
  /** `null` for calls of nobody in particular. */
  readonly agent: string | null;
  /** `null` for calls of no run. */
  readonly workflow: string | null;
  readonly outcome: Outcome;
  /** Answers from a cache included: they are kinds of their own. */
  readonly requests: number;
  readonly unpriced: number;
  /** `null` when none of them has a price. */
  readonly costUsd: number | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

const dayMs = 24 * 3_600_000;
const mostDays = 31;

/** Sums by day, model, agent, workflow and outcome, for the last days there are calls of. */
export class DailyRollup {
  readonly #days = new Map<number, Day>();
  readonly #maxKinds: number;
  /** That of the last row, which is mostly that of the next. */
  #latest: Day | undefined;

  /** `maxKinds`: how many are kept apart on one day; the rest is under `__other__`. */
  constructor(maxKinds: number) {
    this.#maxKinds = maxKinds;
  }

  add(entry: Entry): void {
    const number = Math.floor(entry.row.at / dayMs);
    if (this.#latest?.number !== number) this.#latest = this.#days.get(number) ?? this.#open(number);
    this.#latest?.add(entry);
  }

  /** The first day first. */
  figures(): DailyFigures[] {
    return [...this.#days.values()].toSorted((a, b) => a.number - b.number).flatMap((day) => day.figures());
  }

  /** None for a day before those that are kept. */
  #open(number: number): Day | undefined {
    if (this.#days.size >= mostDays) {
      const first = Math.min(...this.#days.keys());
      if (number < first) return undefined;
      this.#days.delete(first);
    }
    const day = new Day(number, this.#maxKinds);
    this.#days.set(number, day);
    return day;
  }
}

interface Kind {
  readonly model: string;
  readonly agent: string;
  readonly workflow: string;
  readonly outcome: Outcome;
  readonly spend: Spend;
  input: number;
  output: number;
}

type ByModel = Map<string, Map<string, Map<string, Kind>>>;

/** Maps within maps: keys that there are already cost less to look up than one that would have to be put together. */
class Day {
  readonly number: number;
  readonly #maxKinds: number;
  readonly #byOutcome: Partial<Record<Outcome, ByModel>> = {};
  readonly #kinds: Kind[] = [];
  readonly #others: Partial<Record<Outcome, Kind>> = {};

  constructor(number: number, maxKinds: number) {
    this.number = number;
    this.#maxKinds = maxKinds;
  }

  add({ row, amount }: Entry): void {
    const { agent = '', workflow = '', outcome, usage } = row;
    const model = row.name ?? row.model;
    const kind = this.#byOutcome[outcome]?.get(model)?.get(agent)?.get(workflow) ?? this.#open(model, agent, workflow, outcome);
    kind.spend.add(row.costPicodollars, amount);
    kind.input += usage.inputTokens ?? 0;
    kind.output += usage.outputTokens ?? 0;
  }

  figures(): DailyFigures[] {
    const day = new Date(this.number * dayMs).toISOString().slice(0, 10);
    return this.#kinds.map(({ model, agent, workflow, outcome, spend, input, output }) => ({
      day,
      model,
      agent: agent === '' ? null : agent,
      workflow: workflow === '' ? null : workflow,
      outcome,
      requests: spend.requests,
      unpriced: spend.unpriced,
      costUsd: usdOrNull(spend.known),
      inputTokens: input,
      outputTokens: output,
    }));
  }

  #open(model: string, agent: string, workflow: string, outcome: Outcome): Kind {
    if (this.#kinds.length >= this.#maxKinds)
      return (this.#others[outcome] ??= this.#make(otherKey, otherKey, otherKey, outcome));
    const byModel = (this.#byOutcome[outcome] ??= new Map());
    const byAgent = opened(byModel, model, () => new Map<string, Map<string, Kind>>());
    const byWorkflow = opened(byAgent, agent, () => new Map<string, Kind>());
    return opened(byWorkflow, workflow, () => this.#make(model, agent, workflow, outcome));
  }

  #make(model: string, agent: string, workflow: string, outcome: Outcome): Kind {
    const kind: Kind = { model, agent, workflow, outcome, spend: new Spend(), input: 0, output: 0 };
    this.#kinds.push(kind);
    return kind;
  }
}

function opened<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
