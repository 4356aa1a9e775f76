/** One request, and why its answer came from where it came from. */
import type { LiveAttempt, LiveRequest, RouteNow } from '../answers.ts';
import { type Child, el, svg } from './dom.ts';
import * as format from './format.ts';
import { outcomeMark } from './request-table.ts';
import { section } from './table.ts';
import { outcomeOf, reasonOf, storyOf } from './words.ts';

export function requestView(request: LiveRequest, now: RouteNow | undefined): readonly Node[] {
  const end = Math.max(
    1,
    request.durationMs ?? 0,
    ...request.attempts.map((attempt) => offsetOf(attempt, request) + attempt.durationMs),
  );
  const attempts = request.attempts.map((attempt, index) => attemptItem(attempt, index, request, end));
  const none = 'No backend has been asked.';
  return [
    el('p', { class: 'story' }, storyOf(request)),
    facts(request),
    section(
      'Attempts',
      `In the order in which they were made, from 0 to ${format.duration(end)}.`,
      attempts.length === 0 ? el('p', {}, none) : el('ol', { class: 'attempts' }, attempts),
    ),
    ...(now ? [routeNow(now)] : []),
  ];
}

function facts(request: LiveRequest): HTMLElement {
  const { id, at, api, key, role, tags, status, durationMs, firstByteMs, overheadMs } = request;
  const { stream, model, deployment, inputTokens, outputTokens, costUsd, fallbacks } = request;
  const answeredBy = model === undefined ? undefined : `${model}${deployment === undefined ? '' : ` (${deployment})`}`;
  const tokens =
    inputTokens === undefined ? undefined : `${format.count(inputTokens)} in, ${format.count(outputTokens ?? 0)} out`;
  return el(
    'dl',
    { class: 'facts' },
    fact('Outcome', [outcomeMark(request), status !== undefined && el('span', { class: 'dim' }, ` ${status}`)]),
    fact('Last asked', answeredBy && format.name(answeredBy)),
    fact('Came', format.date(at)),
    fact('Took', durationMs === undefined ? undefined : format.duration(durationMs)),
    fact('First byte after', firstByteMs === undefined ? undefined : format.duration(firstByteMs)),
    fact('Gateway, waits included', overheadMs === undefined ? undefined : format.duration(overheadMs)),
    fact('Tokens', tokens),
    fact('Cost', costUsd === undefined ? undefined : costUsd === null ? 'not known' : format.usd(costUsd)),
    fact('Key', key && format.name(key)),
    fact('Role', role && format.name(role)),
    fact('API', api && `${api}${stream ? ', streamed' : ''}`),
    fact('Tags', tags.length > 0 && format.name(tags.join(', '))),
    fact('Brought fallbacks', fallbacks.length > 0 && format.name(fallbacks.join(', '))),
    fact('Call id', el('code', {}, id)),
  );
}

function fact(term: string, value: Child): Child {
  return value === undefined || value === false || value === ''
    ? undefined
    : el('div', {}, el('dt', {}, term), el('dd', {}, value));
}

function offsetOf({ startedAt }: LiveAttempt, { at }: LiveRequest): number {
  return Math.max(0, startedAt - at);
}

function attemptItem(attempt: LiveAttempt, index: number, request: LiveRequest, end: number): HTMLElement {
  const { name, model, deployment, outcome } = attempt;
  const kind = outcome === 'failed' ? 'bad' : outcome === 'answered' || outcome === 'cache_hit' ? 'good' : 'dim';
  const where = [...new Set([model, deployment].filter((one) => one !== undefined && one !== name))].join(', ');
  return el(
    'li',
    { 'data-key': `attempt ${index}` },
    el(
      'h3',
      {},
      format.name(name ?? model),
      where !== '' && el('span', { class: 'dim' }, ` ${format.name(where)}`),
      el('span', { class: `mark ${kind}` }, outcomeOf(outcome)),
    ),
    outcome !== 'skipped' && timeline(attempt, offsetOf(attempt, request), end),
    el('p', { class: 'note' }, aboutAttempt(attempt)),
  );
}

function timeline({ durationMs, waitMs, firstTokenMs, outcome }: LiveAttempt, offset: number, end: number): SVGElement {
  const at = (ms: number): string => `${Math.min(100, (ms / end) * 100).toFixed(2)}%`;
  const spoken = `${waitMs >= 1 ? `Waited ${format.duration(waitMs)}. ` : ''}From ${format.duration(offset)} to ${format.duration(offset + durationMs)}.`;
  return svg(
    'svg',
    { class: 'timeline', role: 'img', 'aria-label': spoken },
    svg('rect', { class: 'track', width: '100%', height: '100%', rx: 2 }),
    waitMs >= 1 &&
      svg('rect', { class: 'range', x: at(Math.max(0, offset - waitMs)), width: at(Math.min(waitMs, offset)), height: '100%' }),
    svg('rect', { class: outcome === 'failed' ? 'bar-bad' : 'bar', x: at(offset), width: at(durationMs), height: '100%', rx: 2 }),
    firstTokenMs !== undefined &&
      svg('line', { class: 'tick', x1: at(offset + firstTokenMs), x2: at(offset + firstTokenMs), y1: '0', y2: '100%' }),
  );
}

function aboutAttempt(attempt: LiveAttempt): string {
  const { outcome, waitMs, durationMs, firstTokenMs, inputTokens, outputTokens, costUsd } = attempt;
  if (outcome === 'skipped') return `Passed over: ${reasonOf(attempt)}.`;
  const parts = [
    outcome === 'failed' && `Failed: ${reasonOf(attempt)}.`,
    waitMs >= 1 && `Waited ${format.duration(waitMs)} before it.`,
    `Took ${format.duration(durationMs)}${firstTokenMs === undefined ? '' : `, first token after ${format.duration(firstTokenMs)}`}.`,
    inputTokens !== undefined && `${format.count(inputTokens)} tokens in, ${format.count(outputTokens ?? 0)} out.`,
    costUsd === null ? 'Its cost is not known.' : costUsd !== undefined && costUsd > 0 && `Cost ${format.usd(costUsd)}.`,
    attempt.variant !== undefined && `Variant ${format.name(attempt.variant)}.`,
    attempt.possiblyBilled && 'It may have been billed all the same.',
    attempt.simulated && 'A simulator answered: nobody was paid.',
    attempt.local && !attempt.simulated && 'It ran on your own machines.',
  ];
  return parts.filter((part) => typeof part === 'string').join(' ');
}

function routeNow({ objection, chain }: RouteNow): HTMLElement {
  const links = chain.map(({ name, pick, deployments }) =>
    el(
      'li',
      {},
      el('strong', {}, format.name(name)),
      pick && el('span', { class: 'mark good' }, 'would be asked'),
      el(
        'ul',
        {},
        deployments.map(({ id, model, why }) =>
          el(
            'li',
            { class: 'dim' },
            format.name(id),
            model !== undefined && model !== id && ` (${format.name(model)})`,
            why !== undefined && `: ${format.name(why)}`,
          ),
        ),
      ),
    ),
  );
  const note = objection ?? 'The chain as it stands at this moment, first to last.';
  return section('Where such a request would go now', note, links.length > 0 && el('ol', { class: 'chain' }, links));
}
