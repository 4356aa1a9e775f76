import type { BudgetAccount } from './budget-store.ts';
import { Calendar, type BudgetWindow, type WindowKind } from './budget-window.ts';
import { shown } from './check-options.ts';
import { checkBudget, type BudgetOptions, type BudgetScope, type BudgetUnit } from './budget-options.ts';
import { picodollarsOf, usdNumber, usdText } from './money.ts';

/** Who makes a call. */
export interface BudgetSubjects {
  readonly agent?: string | undefined;
  readonly workflow?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** One account of a budget: that of one agent, say, in this hour. */
export interface BudgetPot extends BudgetAccount {
  readonly subject: string | undefined;
  readonly window: BudgetWindow;
}

/** A budget as it was asked for, checked, with its defaults. Amounts are picodollars or tokens. */
export class Budget {
  readonly name: string;
  readonly scope: BudgetScope;
  readonly unit: BudgetUnit;
  readonly limit: bigint;
  /** What a call without any other bound uses at most. */
  readonly maxPerCall: bigint | undefined;
  readonly thresholds: readonly { readonly share: number; readonly amount: bigint }[];
  readonly onLimit: 'stop' | 'next' | 'warn';
  readonly reserve: 'typical' | 'worst';
  readonly assumedOutputTokens: number;
  readonly allowsUnpriced: boolean;
  readonly #window: WindowKind;
  readonly #calendar: Calendar;
  /** Those of the present window, which most calls are charged to. */
  #pots = new Map<string | undefined, BudgetPot>();
  #potsOf: BudgetWindow | undefined;

  /** @throws {TypeError} when an option is not what it should be. */
  constructor(options: BudgetOptions, field: string) {
    const { scope = 'process', window = 'total', timeZone = 'UTC', thresholds = [0.5, 0.8, 1] } = options;
    checkBudget(options, field);
    this.unit = options.limitUsd === undefined ? 'tokens' : 'usd';
    this.limit = this.#amount(options.limitUsd ?? options.limitTokens);
    const most = options.maxCostUsd ?? options.maxCallTokens;
    this.maxPerCall = most === undefined ? undefined : this.#amount(most);
    this.name =
      options.name ??
      [this.unit, windowNames[window], scopeName(scope), timeZone === 'UTC' ? '' : timeZone].filter(Boolean).join(' ');
    this.scope = scope;
    this.thresholds = [...new Set(thresholds)]
      .toSorted((a, b) => a - b)
      .map((share) => ({ share, amount: partOf(this.limit, share) }));
    this.onLimit = options.onLimit ?? 'stop';
    this.reserve = options.reserve ?? 'typical';
    this.assumedOutputTokens = options.assumedOutputTokens ?? 4_096;
    this.allowsUnpriced = options.unpriced === 'allow';
    this.#window = window;
    this.#calendar = readCalendar(window, timeZone, field);
  }

  /** What it holds for a call depends on how long such answers were. */
  get holdsTypical(): boolean {
    return this.onLimit !== 'warn' && this.reserve === 'typical';
  }

  /** The accounts that a call of theirs is charged to, at that moment. */
  potsFor(call: BudgetSubjects, at: number): readonly BudgetPot[] {
    const subjects = subjectsOf(this.scope, call);
    if (subjects.length === 0) return none;
    const window = this.#calendar.at(at);
    if (this.#potsOf !== window || this.#pots.size >= maxPots) {
      this.#pots.clear();
      this.#potsOf = window;
    }
    return subjects.map((subject) => this.#pots.get(subject) ?? this.#open(subject, window));
  }

  #open(subject: string | undefined, window: BudgetWindow): BudgetPot {
    const from = this.#window === 'total' ? '' : new Date(window.start).toISOString();
    const account = [this.name, subject ?? '', from].join('\n');
    const oneOfMany = typeof this.scope === 'string' && this.scope !== 'process';
    const pot = { account, closesAt: window.end, oneOfMany, subject, window };
    this.#pots.set(subject, pot);
    return pot;
  }

  /** For people: USD or tokens, as a number. */
  shown(amount: bigint): number {
    return this.unit === 'usd' ? usdNumber(amount) : Number(amount);
  }

  /** The same with its unit. */
  text(amount: bigint): string {
    return this.unit === 'usd' ? `${usdText(amount)} USD` : `${amount} tokens`;
  }

  #amount(number: number): bigint {
    return this.unit === 'usd' ? picodollarsOf(number) : BigInt(number);
  }
}

const nobody: readonly undefined[] = [undefined];
const none: readonly BudgetPot[] = [];
const maxPots = 1_000;
const windowNames: Readonly<Record<WindowKind, string>> = {
  hour: 'per hour',
  day: 'per day',
  month: 'per month',
  total: 'in total',
};

function scopeName(scope: BudgetScope): string {
  if (scope === 'process') return '';
  if (typeof scope === 'string') return scope.replace('each_', 'for each ');
  return Object.entries(scope).map(([kind, subject]) => `for ${kind} ${subject}`)[0] ?? '';
}

/** What the scope's accounts are kept by; for a whole process there is one, of nobody. */
function subjectsOf(scope: BudgetScope, { agent, workflow, tags = [] }: BudgetSubjects): readonly (string | undefined)[] {
  switch (scope) {
    case 'process':
      return nobody;
    case 'each_agent':
      return agent === undefined ? [] : [agent];
    case 'each_workflow':
      return workflow === undefined ? [] : [workflow];
    case 'each_tag':
      return [...new Set(tags)];
    default:
      if ('agent' in scope) return agent === scope.agent ? [agent] : [];
      if ('workflow' in scope) return workflow === scope.workflow ? [workflow] : [];
      return tags.includes(scope.tag) ? [scope.tag] : [];
  }
}

/** Rounded up, so that an alert never comes before its time. */
function partOf(limit: bigint, share: number): bigint {
  const scale = 1_000_000;
  return (limit * BigInt(Math.round(share * scale)) + BigInt(scale - 1)) / BigInt(scale);
}

function readCalendar(window: WindowKind, timeZone: string, field: string): Calendar {
  try {
    return new Calendar(window, timeZone);
  } catch {
    throw new TypeError(`${field}.timeZone: ${shown(timeZone)} is no time zone; Europe/Berlin is one`);
  }
}
