/** What happened, in words. */
import type { LiveAttempt, LiveRequest } from '../answers.ts';
import * as format from './format.ts';

const reasons: Readonly<Record<string, string>> = {
  rate_limited: 'it said that there were too many requests',
  quota_exceeded: 'its quota was used up',
  overloaded: 'it was overloaded',
  first_token_timeout: 'its first token took too long',
  idle_timeout: 'it fell silent in the middle of the answer',
  attempt_timeout: 'it took too long',
  deadline_exceeded: 'the time for the whole request was over',
  network: 'it could not be reached',
  auth: 'it did not accept our key',
  not_found: 'it does not have that model',
  context_too_long: 'the prompt was too long for it',
  content_filtered: 'its content filter stopped it',
  invalid_request: 'it did not accept the request',
  empty_answer: 'its answer was empty',
  malformed_answer: 'its answer could not be read',
  stream_cut: 'the answer broke off',
  not_configured: 'something that it needs is not configured',
  aborted: 'the client had left',
  budget_exceeded: 'a budget was used up',
};

export function reasonOf({ code, status, reason }: Pick<LiveAttempt, 'code' | 'status' | 'reason'>): string {
  const words = reason ?? (code === undefined ? 'the reason is not known' : (reasons[code] ?? code));
  return `${format.name(words)}${status === undefined ? '' : ` (status ${status})`}`;
}

const outcomes: Readonly<Record<LiveRequest['outcome'] | LiveAttempt['outcome'], string>> = {
  pending: 'under way',
  answered: 'answered',
  failed: 'failed',
  refused: 'refused',
  aborted: 'client left',
  cut: 'cut off',
  skipped: 'passed over',
  cache_hit: 'from the cache',
};

export function outcomeOf(outcome: LiveRequest['outcome'] | LiveAttempt['outcome']): string {
  return outcomes[outcome];
}

export function isTrouble({ outcome }: LiveRequest): boolean {
  return outcome === 'failed' || outcome === 'refused' || outcome === 'cut';
}

/** The named models that were asked, one after the other. */
export function pathOf({ attempts }: LiveRequest): readonly string[] {
  const names = attempts.filter(({ outcome }) => outcome !== 'skipped').map(({ name, model }) => name ?? model);
  return names.filter((name, index) => name !== names[index - 1]);
}

/** One sentence that says why the answer came from where it came from. */
export function storyOf(request: LiveRequest): string {
  const { outcome, attempts, status, code, model } = request;
  const asked = attempts.filter((attempt) => attempt.outcome !== 'skipped');
  const path = pathOf(request).map((name) => format.name(name));
  const last = path.at(-1) ?? '';
  switch (outcome) {
    case 'pending':
      return asked.length === 0 ? 'A backend is being asked.' : `${last} was asked in vain; the next is being asked.`;
    case 'refused':
      return `The gateway refused it (${code ?? status}): no backend was asked.`;
    case 'aborted':
      return 'The client left before it had its answer, and the backend was told to stop.';
    case 'cut':
      return `The answer broke off after its beginning had been sent: ${reasonOf({ code })}.`;
    case 'failed':
      return asked.length === 0
        ? `No backend could be asked: ${reasonOf({ code })}.`
        : `Nobody answered: ${format.plural(asked.length, 'attempt')}, and the last failed since ${reasonOf(asked.at(-1) ?? {})}.`;
    case 'answered':
      return `${passedOverStory(attempts)}${answeredStory(asked, path, last, model)}`;
  }
}

function answeredStory(asked: readonly LiveAttempt[], path: readonly string[], last: string, model = ''): string {
  const [first] = asked;
  if (asked.at(-1)?.outcome === 'cache_hit') return 'The cache had the answer: no backend was asked.';
  if (!first || asked.length === 1) return `${format.name(last || model)} was asked, and answered.`;
  const why = first.outcome === 'failed' ? `, since ${reasonOf(first)}` : '';
  if (path.length === 1) return `${last} answered after ${format.plural(asked.length, 'attempt')}. The first failed${why}.`;
  return `${path[0]} could not answer${why}. So ${last} was asked, and answered.`;
}

function passedOverStory(attempts: readonly LiveAttempt[]): string {
  const [first] = attempts;
  return first?.outcome === 'skipped' ? `${format.name(first.name ?? first.model)} was passed over: ${reasonOf(first)}. ` : '';
}
