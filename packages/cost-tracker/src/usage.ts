/** Inclusive totals and subsets of them. What was not reported is absent, never 0. */
export interface TokenUsage {
  /** All input, cached or not. */
  readonly inputTokens?: number | undefined;
  /** All output, reasoning included. */
  readonly outputTokens?: number | undefined;
  readonly cacheReadTokens?: number | undefined;
  /** All cache writes, of whatever lifetime. */
  readonly cacheWriteTokens?: number | undefined;
  /** The part of `cacheWriteTokens` kept for an hour. */
  readonly cacheWrite1hTokens?: number | undefined;
  readonly reasoningTokens?: number | undefined;
  readonly audioInputTokens?: number | undefined;
  readonly audioOutputTokens?: number | undefined;
}

export interface CheckedUsage {
  /** The counts that can be believed, and nothing else of the object they came in. */
  readonly usage: TokenUsage;
  /** Which counts cannot be right, and why. A call with a problem has no price. */
  readonly problem?: string | undefined;
}

type Field = keyof TokenUsage;

const fields: readonly Field[] = [
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'cacheWrite1hTokens',
  'reasoningTokens',
  'audioInputTokens',
  'audioOutputTokens',
];

/** Parts and the count that they cannot exceed together. Audio may also be cached, so it stands alone. */
const subsets: readonly (readonly [parts: readonly Field[], whole: Field])[] = [
  [['cacheReadTokens', 'cacheWriteTokens'], 'inputTokens'],
  [['cacheWrite1hTokens'], 'cacheWriteTokens'],
  [['audioInputTokens'], 'inputTokens'],
  [['reasoningTokens'], 'outputTokens'],
  [['audioOutputTokens'], 'outputTokens'],
];

/** Keeps what adds up. Never throws: usage comes from outside, and a wrong count must not end a request. */
export function checkUsage(given: TokenUsage): CheckedUsage {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, cacheWrite1hTokens } = given;
  const { reasoningTokens, audioInputTokens, audioOutputTokens } = given;
  if (!isCount(inputTokens) || !isCount(outputTokens)) return checkEach(given);
  if ((cacheWriteTokens ?? cacheWrite1hTokens ?? reasoningTokens ?? audioInputTokens ?? audioOutputTokens) === undefined) {
    if (cacheReadTokens === undefined) return { usage: { inputTokens, outputTokens } };
    return isPart(cacheReadTokens, inputTokens) ? { usage: { inputTokens, outputTokens, cacheReadTokens } } : checkEach(given);
  }
  const addsUp =
    isPart(cacheReadTokens, inputTokens) &&
    isPart(cacheWriteTokens, inputTokens - (cacheReadTokens ?? 0)) &&
    isPart(cacheWrite1hTokens, cacheWriteTokens ?? 0) &&
    isPart(audioInputTokens, inputTokens) &&
    isPart(reasoningTokens, outputTokens) &&
    isPart(audioOutputTokens, outputTokens);
  if (!addsUp) return checkEach(given); // which says what is wrong
  return {
    usage: {
      inputTokens,
      outputTokens,
      cacheReadTokens,
      cacheWriteTokens,
      cacheWrite1hTokens,
      reasoningTokens,
      audioInputTokens,
      audioOutputTokens,
    },
  };
}

function isPart(count: number | undefined, whole: number): boolean {
  return count === undefined || (isCount(count) && count <= whole);
}

function checkEach(given: TokenUsage): CheckedUsage {
  const usage: { -readonly [Name in Field]?: number } = {};
  let problem: string | undefined;

  for (const field of fields) {
    const count: unknown = given[field];
    if (count === undefined) continue;
    if (isCount(count)) usage[field] = count;
    else problem ??= `${field} is no whole number of tokens`;
  }
  for (const [parts, whole] of subsets) {
    const sum = parts.reduce((total, part) => total + (usage[part] ?? 0), 0);
    if (sum <= (usage[whole] ?? 0)) continue;
    problem ??= `${parts.join(' + ')} ${parts.length > 1 ? 'exceed' : 'exceeds'} ${whole}`;
    for (const part of parts) delete usage[part];
  }
  return { usage, problem };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Token counts that do not overlap, under the names of the rates they are charged at. */
export interface UsageLeaves {
  /** Neither cached nor audio. */
  readonly input: number;
  readonly cacheRead: number;
  /** Cache writes kept for minutes. */
  readonly cacheWrite: number;
  readonly cacheWrite1h: number;
  readonly audioInput: number;
  /** Neither thought nor spoken. */
  readonly output: number;
  readonly reasoning: number;
  readonly audioOutput: number;
}

/** Cuts totals into pieces, so that no token is paid for twice. Audio that was also cached counts as cached. */
export function leavesOf(usage: TokenUsage): UsageLeaves {
  const { inputTokens = 0, outputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0, cacheWrite1hTokens = 0 } = usage;
  const { reasoningTokens = 0, audioInputTokens = 0, audioOutputTokens = 0 } = usage;
  const freshInput = inputTokens - cacheReadTokens - cacheWriteTokens;
  const audioInput = Math.min(audioInputTokens, freshInput);
  const spokenOutput = outputTokens - reasoningTokens;
  const audioOutput = Math.min(audioOutputTokens, spokenOutput);
  return {
    input: freshInput - audioInput,
    cacheRead: cacheReadTokens,
    cacheWrite: cacheWriteTokens - cacheWrite1hTokens,
    cacheWrite1h: cacheWrite1hTokens,
    audioInput,
    output: spokenOutput - audioOutput,
    reasoning: reasoningTokens,
    audioOutput,
  };
}

/** The sum, field by field; what none of them reports is absent. */
export function addUsage(usages: readonly TokenUsage[]): TokenUsage {
  const total: { -readonly [Name in Field]?: number } = {};
  for (const usage of usages) {
    for (const field of fields) {
      const count = usage[field];
      if (count !== undefined) total[field] = (total[field] ?? 0) + count;
    }
  }
  return total;
}

/** Whether anything was reported that can be charged for. */
export function isReported({ inputTokens, outputTokens }: TokenUsage): boolean {
  return inputTokens !== undefined || outputTokens !== undefined;
}
