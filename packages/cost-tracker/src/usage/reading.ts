import type { TokenUsage } from '../usage.ts';

/** How a provider says it served a call, where that has a price of its own. */
export interface BillingTerms {
  /** `flex`, `priority`, `batch` … @default the provider's standard tier */
  readonly serviceTier?: string | undefined;
  /** `fast` at Anthropic. @default the usual speed */
  readonly speed?: string | undefined;
  /** Where Anthropic ran it, as `us`. @default anywhere */
  readonly inferenceGeo?: string | undefined;
}

/** What a provider says its own work took, in milliseconds. The rest of a call's latency is the network's. */
export interface ProviderDurations {
  readonly queueMs?: number | undefined;
  /** Loading the model. */
  readonly loadMs?: number | undefined;
  readonly inputMs?: number | undefined;
  readonly outputMs?: number | undefined;
  /** All of it, queue and loading included. */
  readonly totalMs?: number | undefined;
}

/** One of several passes that are billed on their own. */
export interface UsagePart {
  /** `message`, `compaction`, `advisor_message`, `model` … as the provider calls it. */
  readonly kind: string;
  /** The model that did it. @default the model of the call */
  readonly model?: string | undefined;
  readonly usage: TokenUsage;
}

/** How often each tool ran at the provider's: `web_search`, `file_search` … */
export type ServerTools = Readonly<Record<string, number>>;

/** What one API's payload says, before it is checked. */
export interface Reading extends BillingTerms {
  readonly usage: TokenUsage;
  /** Billed one by one, in place of `usage`. */
  readonly parts?: readonly UsagePart[] | undefined;
  readonly servedModel?: string | undefined;
  readonly serverTools?: ServerTools | undefined;
  /** What the provider says it charged. */
  readonly reportedUsd?: number | undefined;
  readonly durations?: ProviderDurations | undefined;
  /** It ran on somebody else's machines, whatever the address says. */
  readonly remote?: boolean | undefined;
  readonly problem?: string | undefined;
}
