import type { BackendLine, LiveRequest, SummaryAnswer } from '../answers.ts';
import { backendTable } from './backends-view.ts';
import { type Child, el } from './dom.ts';
import * as format from './format.ts';
import { requestTable } from './request-table.ts';
import { section } from './table.ts';

const shownRequests = 12;

export function overviewView(
  summary: SummaryAnswer,
  backends: readonly BackendLine[],
  requests: readonly LiveRequest[],
): readonly Node[] {
  return [
    headline(summary),
    ...warnings(summary, backends),
    section('Latest requests', '', requestTable(requests.slice(0, shownRequests), 'None yet: send one, and it appears here.')),
    section('Backends', '', backendTable(backends)),
  ];
}

function headline({ total, baseline, since, cacheHits, inFlight }: SummaryAnswer): HTMLElement {
  const { requests, errors, costUsd, unpriced, inputTokens, outputTokens, latencyMs } = total;
  const cost = `${unpriced > 0 && costUsd !== null ? 'at least ' : ''}${format.usd(costUsd)}`;
  const failed = requests === 0 ? 'none yet' : `${format.share(errors / requests)} failed`;
  const free = cacheHits > 0 ? `, ${format.count(cacheHits)} more from the cache` : '';
  return el(
    'dl',
    { class: 'headline' },
    figure('Cost', cost, `since ${format.date(since)}`),
    figure('Calls to backends', format.count(requests), `${failed}${free}`),
    figure(
      'Tokens',
      format.count(inputTokens + outputTokens),
      `${format.count(inputTokens)} in, ${format.count(outputTokens)} out`,
    ),
    figure('Median latency', format.duration(latencyMs.p50), `95th percentile ${format.duration(latencyMs.p95)}`),
    figure('Under way', format.count(inFlight), 'requests just now'),
    baseline?.savedUsd !== null &&
      baseline !== null &&
      figure(
        baseline.savedUsd < 0 ? 'Lost' : 'Saved',
        format.usd(Math.abs(baseline.savedUsd)),
        `${format.share(baseline.savedShare === null ? null : Math.abs(baseline.savedShare))} against ${format.name(baseline.model ?? 'the stated cost')}`,
      ),
  );
}

function figure(term: string, value: Child, detail: string): HTMLElement {
  return el('div', {}, el('dt', {}, term), el('dd', {}, value, el('span', {}, detail)));
}

function warnings({ hasLogin, total, simulated }: SummaryAnswer, backends: readonly BackendLine[]): readonly Node[] {
  const left = backends.filter(({ state, configured }) => state === 'open' || !configured).length;
  const says = [
    left > 0 && `${format.plural(left, 'backend is', 'backends are')} left alone at the moment.`,
    total.unpriced > 0 && `${format.plural(total.unpriced, 'call has', 'calls have')} no price: the cost is without them.`,
    simulated > 0 && `A simulator answered ${format.plural(simulated, 'call')}: nobody was paid for them.`,
    !hasLogin && 'There is no master key: whoever uses this machine can see this page.',
  ];
  return says.filter((text) => typeof text === 'string').map((text) => el('p', { class: 'alert' }, text));
}
