import { formatCount, formatMs, formatShare, formatTokens, plural, roundUsd } from '../format.ts';
import type { Summary } from '../summary.ts';
import type { PartFigures } from '../tally.ts';
import { html, type Content, type Markup } from './markup.ts';

/** The handful of figures that most readers came for. */
export function headline(summary: Summary): Markup {
  const { costUsd, unpriced, requests, errors, wasted, tokens, latencyMs, workflows, cache } = summary;
  const figures: (Markup | undefined)[] = [
    figure(
      costUsd !== null && unpriced > 0 ? 'Cost, at least' : 'Cost',
      usd(costUsd),
      workflows > 0 ? perWorkflow(summary) : undefined,
    ),
    figure('Requests', formatCount(requests), requests > 0 ? `${formatShare(errors / requests)} failed` : undefined),
    figure('Tokens', formatTokens(tokens.total), `${formatTokens(tokens.input)} in, ${formatTokens(tokens.output)} out`),
    latencyMs.count > 0
      ? figure('Latency', html`${formatMs(latencyMs.p50)} <span>ms</span>`, `median; p95 ${formatMs(latencyMs.p95)} ms`)
      : undefined,
    wasted.failedUsd === 0 && wasted.abortedUsd === 0
      ? undefined
      : figure(wasteIsPartial(summary) ? 'Wasted, at least' : 'Wasted', wasteOf(summary), 'on failed and aborted requests'),
    cache.readTokens > 0
      ? figure('Input from caches', formatShare(cache.hitRate), `${roundUsd(cache.savedUsd)} USD saved`)
      : undefined,
  ];
  return html`<dl class="headline">${figures}</dl>`;
}

function figure(term: string, value: Content, detail?: Content): Markup {
  return html`<div>
    <dt>${term}</dt>
    <dd>${value}${detail === undefined ? undefined : html`<div>${detail}</div>`}</dd>
  </div> `;
}

function usd(costUsd: number | null): Content {
  return costUsd === null ? 'unknown' : html`${roundUsd(costUsd)} <span>USD</span>`;
}

function wasteOf({ wasted: { failedUsd, abortedUsd } }: Summary): Content {
  return usd(failedUsd === null && abortedUsd === null ? null : (failedUsd ?? 0) + (abortedUsd ?? 0));
}

/** One of both is known, and not the other. */
function wasteIsPartial({ wasted: { failedUsd, abortedUsd } }: Summary): boolean {
  return (failedUsd === null) !== (abortedUsd === null);
}

function perWorkflow({ costPerWorkflowUsd, workflows }: Summary): string {
  return `${roundUsd(costPerWorkflowUsd)} each for ${plural(workflows, 'workflow', 'workflows')}`;
}

/** What must not be overlooked. */
export function alerts({ unpriced, simulated, estimated, approximate, requests }: Summary): Markup {
  return html`${
    unpriced > 0
      ? html`<p class="alert">
          <strong>${plural(unpriced, 'request has', 'requests have')} no price.</strong> The cost is unknown, and in no amount on
          this page.
        </p> `
      : undefined
  }${
    simulated.requests > 0
      ? html`<p class="alert">
          <strong
            >${simulated.requests === requests ? 'A simulator answered every request' : `A simulator answered ${formatCount(simulated.requests)} of ${formatCount(requests)} requests`}.</strong
          >
          Nobody was paid for them: ${roundUsd(simulated.costUsd)} USD of the cost is what the providers would have asked.
        </p> `
      : undefined
  }${
    estimated.requests > 0
      ? html`<p class="alert">
          <strong>${plural(estimated.requests, 'request is', 'requests are')} estimated.</strong> How many tokens there were was
          not reported${partOfCost(estimated)}.
        </p> `
      : undefined
  }${
    approximate.requests > 0
      ? html`<p class="alert">
          <strong>${plural(approximate.requests, 'request has', 'requests have')} an approximate price.</strong> It may be off a
          little${partOfCost(approximate)}.
        </p> `
      : undefined
  }`;
}

function partOfCost({ costUsd }: PartFigures): string {
  return costUsd === null ? '' : `: ${roundUsd(costUsd)} USD of the cost`;
}
