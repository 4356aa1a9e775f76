import { expect, test } from 'vitest';
import { fileJournal } from './journal/file-journal.ts';
import { checkKickoff, openSteps } from './kickoff-options.ts';
import { plainSteps } from './steps.ts';

const journal = fileJournal('runs');
const steps = plainSteps('run');

test.each<[string, Record<string, unknown>, string]>([
  ['a signal that is none', { signal: true }, 'kickoff: signal is true, and has to be an AbortSignal'],
  ['a listener that is none', { onEvent: {} }, 'kickoff: onEvent is an object (Object), and has to be a function'],
  ['a stream of something', { stream: 'text' }, 'kickoff: stream is "text", and has to be true or false'],
  ['an empty run id', { runId: '' }, 'kickoff: runId is ""'],
  [
    'a journal that is a path',
    { journal: './runs', runId: 'run' },
    'journal is "./runs", and has to be a journal, such as fileJournal(folder)',
  ],
  ['a journal without a run id', { journal }, 'kickoff: a journal needs a runId'],
  ['a journal and steps', { journal, steps, runId: 'run' }, 'kickoff: journal and steps are both given'],
  ['steps that are none', { steps: {} }, 'kickoff: steps is an object (Object), and has to be Steps of an engine'],
  ['a wait of nothing', { retryAfterMs: 0 }, 'kickoff: retryAfterMs is 0, and has to be a whole number of milliseconds above 0'],
  ['half a wait', { maxWaits: 0.5 }, 'kickoff: maxWaits is 0.5, and has to be a whole number above 0'],
])('%s is refused, with the field, the value and what is valid', (_what, options, message) => {
  const check = (): void => checkKickoff(options);

  expect(check).toThrow(TypeError);
  expect(check).toThrow(message);
});

test('steps of an engine are used as they are, and count as durable; without any, steps just run', async () => {
  const [own, plain] = [await openSteps({ steps }, 'run'), await openSteps({}, 'run')];

  expect([own.steps, own.durable]).toEqual([steps, true]);
  expect(plain.durable).toBe(false);
  expect(own.superseded()).toEqual([]);
  expect(await plain.steps.step('a', async () => 1)).toBe(1);
  await Promise.all([own.close(), plain.close()]);
});
