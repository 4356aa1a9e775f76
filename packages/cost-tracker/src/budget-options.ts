import type { WindowKind } from './budget-window.ts';
import { checkNames, shown } from './check-options.ts';

/** Whose calls a budget is for; with `each_…`, every agent, workflow or tag has one of its own. */
export type BudgetScope =
  | 'process'
  | 'each_agent'
  | 'each_workflow'
  | 'each_tag'
  | { readonly agent: string }
  | { readonly workflow: string }
  | { readonly tag: string };

export type BudgetUnit = 'usd' | 'tokens';

interface BudgetBase {
  /** What alerts and errors call it, and what a shared store knows it by. @default made of unit, window and scope */
  readonly name?: string | undefined;
  /** @default 'process' */
  readonly scope?: BudgetScope | undefined;
  /** When it begins anew: with the hour, day or month of the calendar, or never. @default 'total' */
  readonly window?: WindowKind | undefined;
  /** Where that calendar hangs: `Europe/Berlin`. @default 'UTC' */
  readonly timeZone?: string | undefined;
  /** Parts of the limit at which `onAlert` is called, once each. @default [0.5, 0.8, 1] */
  readonly thresholds?: readonly number[] | undefined;
  /**
   * What becomes of a call that may not fit: a `BudgetError` that ends the run (`stop`) or sends a router to its next model (`next`),
   * or only a warning, once the limit is passed. @default 'stop'
   */
  readonly onLimit?: 'stop' | 'next' | 'warn' | undefined;
  /**
   * What a call in flight is taken to write: what such calls usually do (`typical`; together they may pass the limit by what they
   * exceed that), or all it may (`worst`; the limit is never passed). @default 'typical'
   */
  readonly reserve?: 'typical' | 'worst' | undefined;
  /**
   * How long, in tokens, an answer is taken to be of which fewer than 20 like it are known; never more than the request or the
   * model allows. @default 4_096
   */
  readonly assumedOutputTokens?: number | undefined;
}

export interface UsdBudget extends BudgetBase {
  readonly limitUsd: number;
  readonly limitTokens?: undefined;
  /** What a call costs at most that has no other bound: one with images, audio or files. @default none: such calls are refused */
  readonly maxCostUsd?: number | undefined;
  readonly maxCallTokens?: undefined;
  /** What becomes of a call whose price is not known. @default 'refuse' */
  readonly unpriced?: 'refuse' | 'allow' | undefined;
}

export interface TokenBudget extends BudgetBase {
  /** Input and output together. */
  readonly limitTokens: number;
  readonly limitUsd?: undefined;
  /** What a call uses at most that has no other bound: one with images, audio or files. @default none: such calls are refused */
  readonly maxCallTokens?: number | undefined;
  readonly maxCostUsd?: undefined;
  readonly unpriced?: undefined;
}

/** A limit on what calls may cost together, or use. */
export type BudgetOptions = UsdBudget | TokenBudget;

const optionNames = [
  'limitUsd',
  'limitTokens',
  'name',
  'scope',
  'window',
  'timeZone',
  'thresholds',
  'onLimit',
  'reserve',
  'assumedOutputTokens',
  'unpriced',
  'maxCostUsd',
  'maxCallTokens',
];

const namedScopes: readonly unknown[] = ['process', 'each_agent', 'each_workflow', 'each_tag'];

const choices: Readonly<Record<string, readonly string[]>> = {
  window: ['hour', 'day', 'month', 'total'],
  onLimit: ['stop', 'next', 'warn'],
  reserve: ['typical', 'worst'],
  unpriced: ['refuse', 'allow'],
};

/** @throws {TypeError} that names the field, the value and what would be valid. */
export function checkBudget(options: BudgetOptions, field: string): void {
  checkNames(options, optionNames);
  const given = options as unknown as Readonly<Record<string, unknown>>;
  const fail = (name: string, what: string): never => {
    throw new TypeError(`${field}.${name}: ${shown(given[name])} ${what}`);
  };
  const [unit, other] = options.limitTokens === undefined ? (['Usd', 'Tokens'] as const) : (['Tokens', 'Usd'] as const);
  const most = unit === 'Usd' ? 'maxCostUsd' : 'maxCallTokens';
  if (given[`limit${other}`] !== undefined) fail(`limit${other}`, 'is one limit too many: a budget is in USD or in tokens');
  for (const name of unit === 'Usd' ? ['maxCallTokens'] : ['maxCostUsd', 'unpriced']) {
    if (given[name] !== undefined) fail(name, `has no meaning beside limit${unit}`);
  }
  const isAmount = unit === 'Usd' ? isUsd : isTokens;
  const amounts = `is not ${unit === 'Usd' ? 'a number' : 'a whole number'} of at least 0`;
  if (!isAmount(given[`limit${unit}`])) fail(`limit${unit}`, amounts);
  if (given[most] !== undefined && !isAmount(given[most])) fail(most, amounts);

  for (const [name, values] of Object.entries(choices)) {
    if (given[name] !== undefined && !values.includes(given[name] as string)) fail(name, `is none of ${values.join(', ')}`);
  }
  const { name, thresholds, scope, assumedOutputTokens } = options;
  if (assumedOutputTokens !== undefined) {
    if (!isTokens(assumedOutputTokens)) fail('assumedOutputTokens', 'is not a whole number of at least 0');
    if (options.reserve === 'worst') fail('assumedOutputTokens', "has no meaning beside reserve: 'worst'");
  }
  if (name !== undefined && (typeof name !== 'string' || name === '')) fail('name', 'is no name');
  if (thresholds !== undefined && !(Array.isArray(thresholds) && thresholds.every((share) => isUsd(share) && share > 0))) {
    fail('thresholds', 'is not a list of numbers above 0, where 1 is the limit');
  }
  if (scope !== undefined && !isScope(scope)) {
    fail('scope', 'is none of process, each_agent, each_workflow, each_tag, { agent }, { workflow }, { tag }');
  }
}

function isScope(scope: unknown): boolean {
  if (typeof scope !== 'object' || scope === null) return namedScopes.includes(scope);
  const [[kind, subject] = [], ...more] = Object.entries(scope);
  return (
    more.length === 0 && ['agent', 'workflow', 'tag'].includes(String(kind)) && typeof subject === 'string' && subject !== ''
  );
}

function isUsd(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isTokens(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
