import { estimateTokens } from '../estimate-tokens.ts';
import { anyOf, lowest, type Seat, type Strategy } from './strategy.ts';

/** Whoever has used the least of its minute, in requests or in tokens; nobody who has no room left in it. */
export function usageBasedRouting(): Strategy {
  return {
    pick: (among) => anyOf(lowest(lowest(among, usedShare), usedTokens)),
    cost: usedShare,
    why: (seat) => `${Math.round(usedShare(seat) * 100)} % of its minute used, ${usedTokens(seat)} tokens`,
    hasRoom({ member }, request) {
      const { load } = member.model;
      if (!load) return true;
      const { requests, tokens } = load.headroom();
      if (requests < 1) return false;
      return tokens === Infinity || load.used().tokens === 0 || estimateTokens(request) <= tokens;
    },
  };
}

function usedShare({ member }: Seat): number {
  const { load } = member.model;
  if (!load) return 0;
  const left = load.headroom();
  const used = load.used();
  return Math.max(used.requests / (used.requests + left.requests), used.tokens / Math.max(1, used.tokens + left.tokens));
}

function usedTokens({ member }: Seat): number {
  return member.model.load?.used().tokens ?? 0;
}
