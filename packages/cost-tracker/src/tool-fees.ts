import { picodollarsFor, shiftDecimal, tokenRate } from './money.ts';
import type { FoundPrice } from './price-source.ts';
import type { ServerTools } from './usage/reading.ts';

/** Known to cost nothing beside their tokens. https://platform.claude.com/docs/en/about-claude/pricing */
const freeTools: ReadonlySet<string> = new Set(['web_fetch']);

export interface ToolFees {
  readonly picodollars: bigint;
  /** Which fees nobody knows. */
  readonly note?: string | undefined;
}

/** What tools that ran at the provider's cost, beside their tokens. */
export function feesOf(tools: ServerTools | undefined, { fees = {} }: FoundPrice): ToolFees | undefined {
  if (!tools) return undefined;
  let picodollars = 0n;
  const unknown: string[] = [];
  for (const [tool, calls] of Object.entries(tools)) {
    const usdPerThousand = Object.hasOwn(fees, tool) ? fees[tool] : undefined;
    if (usdPerThousand !== undefined) picodollars += picodollarsFor(calls, tokenRate(shiftDecimal(usdPerThousand, 3)));
    else if (!freeTools.has(tool)) unknown.push(tool);
  }
  const note = unknown.length > 0 ? `a fee for ${unknown.join(', ')} is not included` : undefined;
  return picodollars > 0n || note !== undefined ? { picodollars, note } : undefined;
}
