import type { CallRecord } from './call-record.ts';
import type { Outcome } from './row.ts';
import { isUsageApi, readPayload, type UsageApi } from './usage-from.ts';
import { checkUsage, isReported, type TokenUsage } from './usage.ts';
import type { Reading, ServerTools } from './usage/reading.ts';

/** A provider's own words, and which API's they are. */
export interface UsageSource {
  readonly api: string;
  readonly payload: unknown;
}

/** All that a record says about what is to be billed. */
export interface RecordedUsage extends Omit<Reading, 'remote'> {
  readonly api?: string | undefined;
  /** `false` where the payload says that somebody else's machine did it. */
  readonly local?: boolean | undefined;
}

const nothing: RecordedUsage = Object.freeze({ usage: Object.freeze({}) });

/** The provider's own words where there are any that count something, else the counts of the record. */
export function readUsage(record: Partial<CallRecord>, outcome: Outcome): RecordedUsage {
  // What a cache hit repeats was paid for when it was first used.
  if (outcome === 'cache_hit') return nothing;
  const { source, serverTools, reportedUsd } = record;
  if (source === undefined && serverTools === undefined && reportedUsd === undefined)
    return withStrangers(checkUsage(record), record, outcome);

  const { api, payload } = source ?? {};
  if (!isUsageApi(api) || !payload) return withTools(record);
  const said = saidBy(api, payload);
  if (record.estimated) return Object.assign(said, estimate(said.usage, withTools(record).usage));
  if (!isReported(said.usage) && said.problem === undefined) return Object.assign(said, withTools(record));
  if (serverTools === undefined && reportedUsd === undefined) return said;
  const given = withTools(record);
  return Object.assign(said, {
    serverTools: given.serverTools ?? said.serverTools,
    reportedUsd: given.reportedUsd ?? said.reportedUsd,
  });
}

const stranger = /^(?:input|output)$|^(?:prompt|completion)Tokens$|^(?:input|output|prompt|completion)_tokens$/;

/** Counts of an answer under another name, a provider's for one, would be lost without a word. A prompt or a text is no count. */
function withStrangers(read: RecordedUsage, record: Partial<CallRecord>, outcome: Outcome): RecordedUsage {
  if (outcome !== 'answered' || isReported(read.usage) || read.problem !== undefined) return read;
  const [name] = Object.entries(record).find(([key, value]) => isStranger(key, value)) ?? [];
  if (name === undefined) return read;
  return { ...read, problem: `${name} is no field of a record: give inputTokens and outputTokens, or source: { api, payload }` };
}

function isStranger(key: string, value: unknown): boolean {
  return key === 'usage' ? typeof value === 'object' && value !== null : stranger.test(key) && typeof value === 'number';
}

/** One literal: a copy of what was read would take longer than the reading. */
function saidBy(api: UsageApi, payload: unknown): RecordedUsage {
  const said = readPayload(api, payload);
  return {
    usage: said.usage,
    parts: said.parts,
    api,
    local: said.remote ? false : undefined,
    servedModel: said.servedModel,
    serviceTier: said.serviceTier,
    speed: said.speed,
    inferenceGeo: said.inferenceGeo,
    serverTools: said.serverTools,
    reportedUsd: said.reportedUsd,
    durations: said.durations,
    problem: said.problem,
  };
}

/** An estimate fills in what the provider had not said yet; its own counts so far may be place-holders. */
function estimate(said: TokenUsage, estimated: TokenUsage): Pick<RecordedUsage, 'usage' | 'problem'> {
  const known = Object.entries(estimated).filter(([, count]: [string, unknown]) => count !== undefined);
  return checkUsage({ ...said, ...Object.fromEntries(known) });
}

/** The counts of the record, and the facts beside them that make a price. */
function withTools(record: Partial<CallRecord>): RecordedUsage {
  const { serverTools, reportedUsd } = record;
  const checked = checkUsage(record);
  const tools = isTools(serverTools) ? { ...serverTools } : undefined; // the caller may count on in his own, and a row is written down later
  const cost = typeof reportedUsd === 'number' && Number.isFinite(reportedUsd) && reportedUsd >= 0 ? reportedUsd : undefined;
  const wrong = serverTools !== undefined && !tools ? 'serverTools is no object of whole numbers' : undefined;
  const unknown = reportedUsd !== undefined && cost === undefined ? 'reportedUsd is no number of at least 0' : undefined;
  return { ...checked, serverTools: tools, reportedUsd: cost, problem: checked.problem ?? wrong ?? unknown };
}

function isTools(tools: unknown): tools is ServerTools {
  if (typeof tools !== 'object' || tools === null) return false;
  return Object.values(tools).every((count) => Number.isSafeInteger(count) && (count as number) >= 0);
}
