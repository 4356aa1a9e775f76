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
  const usage: { -readonly [Name in Field]?: number } = {};
  let problem: string | undefined;

  for (const field of fields) {
    const count: unknown = given[field];
    if (count === undefined) continue;
    if (Number.isSafeInteger(count) && (count as number) >= 0) usage[field] = count as number;
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

/** Whether anything was reported that can be charged for. */
export function isReported({ inputTokens, outputTokens }: TokenUsage): boolean {
  return inputTokens !== undefined || outputTokens !== undefined;
}
