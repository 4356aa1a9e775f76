/** What is not wrong, and will be. */
import { costOf } from '@rolecall/cost-tracker';
import type { ConfigOptions } from '@rolecall/router/config';
import type { Io } from '../io.ts';
import { type Entry, mapAt } from './entries.ts';
import { isLocal, isOllama, loadedModel, type Memory } from './local-models.ts';
import { isMoving, retiredOn } from './retired.ts';

export const adviceCodes = [
  'no-fallback',
  'one-model',
  'retired-model',
  'no-pinned-version',
  'local-not-loaded',
  'local-partly-on-cpu',
  'unpriced-model',
  'no-budget',
  'no-timeout',
] as const;

export type AdviceCode = (typeof adviceCodes)[number];

export interface Advice {
  readonly code: AdviceCode;
  /** What it is about, and what to do. */
  readonly text: string;
  /** Where more is said about it. */
  readonly link: string;
}

/** What advice is given upon. */
export interface Facts {
  readonly options: ConfigOptions;
  readonly data: Readonly<Record<string, unknown>>;
  readonly entries: readonly Entry[];
  readonly env: Io['env'];
  /** What local servers held before any model was called, and after. */
  readonly before: Memory;
  readonly after: Memory;
}

export function adviceOn(facts: Facts): readonly Advice[] {
  const given: readonly (readonly [AdviceCode, string | undefined])[] = [
    ['no-fallback', withoutFallback(facts)],
    ['one-model', allOnOne(facts)],
    ['retired-model', retiredModels(facts)],
    ['no-pinned-version', moving(facts)],
    ['local-not-loaded', notLoaded(facts)],
    ['local-partly-on-cpu', partlyOnCpu(facts)],
    ['unpriced-model', unpriced(facts)],
    ['no-budget', withoutBudget(facts)],
    ['no-timeout', withoutTimeout(facts)],
  ];
  return given.flatMap(([code, text]) => (text === undefined ? [] : [{ code, text, link: linkTo(code) }]));
}

function linkTo(code: AdviceCode): string {
  return `https://www.npmjs.com/package/rolecall#${code}`;
}

type Rule = (facts: Facts) => string | undefined;

/** Several deployments stand in for each other, but not when their provider is down. */
const withoutFallback: Rule = ({ options: { roles = {}, fallbacks = {}, models }, entries }) => {
  const hasStandIn = (name: string): boolean =>
    ((fallbacks as Readonly<Record<string, readonly string[] | undefined>>)[name] ?? fallbacks['*'] ?? []).some(
      (other) => other !== name,
    );
  const lonely = Object.entries(roles).flatMap(([role, route]) => {
    const chain = chainOf(route);
    return chain.length === 1 && chain.every((name) => !hasStandIn(name)) ? [role] : [];
  });
  if (lonely.length > 0)
    return `${listed('The role', 'The roles', lonely)} without a fallback: when the one model is down, so is the role. Name a second model in its chain.`;
  const alone = Object.keys(models).filter((name) => !hasStandIn(name) && !isOfEmbeddings(name, entries));
  if (Object.keys(roles).length > 0 || alone.length === 0) return undefined;
  return `${listed('The model', 'The models', alone)} without a fallback, and there are no roles with chains: add fallbacks, or a section roles.`;
};

/** Nobody stands in for these: one model's vectors mean nothing beside another's. */
function isOfEmbeddings(name: string, entries: readonly Entry[]): boolean {
  return entries.some((entry) => entry.name === name && entry.isEmbedding);
}

const allOnOne: Rule = ({ options: { roles = {} } }) => {
  const firsts = new Set(Object.values(roles).map((route) => chainOf(route)[0]));
  if (Object.keys(roles).length < 2 || firsts.size > 1) return undefined;
  return `All ${Object.keys(roles).length} roles ask "${[...firsts].join('')}" first. Let each have the cheapest model that is good enough for it; "rolecall bench --judge" shows which is.`;
};

const retiredModels: Rule = ({ entries }) => {
  const gone = entries.flatMap((entry) => {
    const day = retiredOn(entry);
    return day === undefined ? [] : [`"${entry.name}" asks ${entry.id}, which was retired on ${day}`];
  });
  return gone.length === 0 ? undefined : `${gone.join('; ')}. Name a model that its provider still serves.`;
};

const moving: Rule = ({ entries }) => {
  const found = entries.filter((entry) => isMoving(entry) && retiredOn(entry) === undefined);
  if (found.length === 0) return undefined;
  return `${found.map(({ name, id }) => `"${name}" (${id})`).join(', ')}: the name does not say which version answers, and may change overnight. Name a dated version, or a tag.`;
};

const notLoaded: Rule = ({ entries, before, env }) => {
  const cold = entries.filter((entry) => isLocal(entry) && loadedModel(before, entry, env) === 'not_loaded');
  if (cold.length === 0) return undefined;
  return `${listed(
    'The local model',
    'The local models',
    cold.map(({ name }) => name),
  )} not in memory before this check: the first request waits while it loads. Set keep_alive: -1, or call router.warm() at the start.`;
};

const partlyOnCpu: Rule = ({ entries, after, env }) => {
  const slow = entries.filter(isLocal).flatMap((entry) => {
    const loaded = loadedModel(after, entry, env);
    if (loaded === undefined || loaded === 'not_loaded' || loaded.gpuBytes >= loaded.sizeBytes) return [];
    return [`"${entry.name}" has ${Math.round((loaded.gpuBytes / loaded.sizeBytes) * 100)} % of itself in GPU memory`];
  });
  if (slow.length === 0) return undefined;
  return `${slow.join('; ')}: the rest is computed by the CPU, many times slower. Take a smaller model, a smaller quantisation or a smaller num_ctx.`;
};

const unpriced: Rule = ({ entries }) => {
  const unknown = entries.filter((entry) => !isOllama(entry) && !isPriced(entry));
  if (unknown.length === 0) return undefined;
  return `${listed(
    'No price is known of the model',
    'No price is known of the models',
    unknown.map(({ name }) => name),
    '',
  )} so its calls are counted as unpriced, and a budget refuses them. Set input_cost_per_token and output_cost_per_token.`;
};

/** Vectors cost nothing for what comes out. A price in the file is in the place of the list's, with all that it leaves open. */
function isPriced({ provider, id, price, isEmbedding }: Entry): boolean {
  if (price !== 'none') return price === 'whole' || isEmbedding;
  const usage = { inputTokens: 1, outputTokens: isEmbedding ? undefined : 1 };
  return costOf({ provider, model: id, usage }).usd !== null;
}

const budgetKeys = /^(max_budget|provider_budget_config|budget_limit|budgets?|limit_usd)$/;

const withoutBudget: Rule = ({ data }) =>
  hasKey(data, budgetKeys)
    ? undefined
    : 'Nothing here limits what may be spent: a loop in an agent can cost any amount. Set a budget in the gateway, or give the CostTracker one.';

const withoutTimeout: Rule = ({ data, entries }) => {
  const isSet =
    mapAt(data, 'router_settings')['timeout'] !== undefined ||
    mapAt(data, 'litellm_settings')['request_timeout'] !== undefined ||
    entries.every(({ hasTimeout }) => hasTimeout);
  return isSet
    ? undefined
    : 'There is no timeout: a call may take 600 s before another model is asked. Set router_settings.timeout to what your users wait for.';
};

function hasKey(value: unknown, key: RegExp): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, inside]) => (key.test(name) && inside !== null) || hasKey(inside, key));
}

type Route = NonNullable<ConfigOptions['roles']>[string];

/** The named models of a role, best first. */
export function chainOf(route: Route): readonly string[] {
  if (typeof route === 'string') return [route];
  return 'chain' in route ? [route.chain].flat() : route;
}

function listed(one: string, many: string, names: readonly string[], verb?: string): string {
  const quoted = names.map((name) => `"${name}"`).join(', ');
  const single = names.length === 1;
  const end = verb ?? (single ? ' is' : ' are');
  return `${single ? one : many} ${quoted}${end === '' ? ',' : end}`;
}
