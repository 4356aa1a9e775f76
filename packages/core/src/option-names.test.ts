import { expect, test } from 'vitest';
import { Agent, Crew, Task, tool } from './index.ts';
import { createMemory } from './memory/create-memory.ts';
import { requireOptions } from './option-names.ts';
import { scriptedModel } from './testing.ts';
import { fetchPage } from './tools/fetch-page.ts';

const texts = { role: 'Writer', goal: 'g', backstory: 'b' };
const work = { description: 'd', expectedOutput: 'e' };
const agent = new Agent(texts);
const tasks = [new Task({ ...work, agent })] as const;
const model = scriptedModel([]);
const crew = new Crew({ tasks, model });
/** As JavaScript hands them over, or an object whose type is wider. */
const given = (option: Record<string, unknown>): object => option;

test.each<[string, () => unknown, string, string]>([
  ['Agent', () => new Agent({ ...texts, ...given({ allowDelegaton: true }) }), 'allowDelegaton', 'Did you mean allowDelegation?'],
  [
    'Agent',
    () => new Agent({ ...texts, ...given({ allow_delegation: true }) }),
    'allow_delegation',
    'Did you mean allowDelegation?',
  ],
  ['Agent', () => new Agent({ ...texts, ...given({ llm: 'gpt-4' }) }), 'llm', 'In its place: model.'],
  ['Agent', () => new Agent({ ...texts, ...given({ max_iter: 3 }) }), 'max_iter', 'In its place: maxIterations.'],
  ['Task', () => new Task({ ...work, ...given({ guardrail: () => true }) }), 'guardrail', 'Did you mean guardrails?'],
  ['Task', () => new Task({ ...work, ...given({ outputPydantic: {} }) }), 'outputPydantic', 'In its place: output.'],
  [
    'Agent "Writer": contextWindow',
    () => new Agent({ ...texts, contextWindow: { maxTokens: 9, ...given({ polcy: 'summarise' }) } }),
    'polcy',
    'Did you mean policy?',
  ],
  [
    'Task "d": guardrails[0]',
    () => new Task({ ...work, guardrails: { criteria: 'short', ...given({ judgedBy: agent }) } }),
    'judgedBy',
    'it has: criteria, judge.',
  ],
  ['Crew', () => new Crew({ tasks, model, ...given({ verbose: true }) }), 'verbose', 'In its place: onEvent of kickoff, such as'],
  ['Crew', () => new Crew({ tasks, model, ...given({ process: 1 }) }), 'process', 'or a manager for hierarchical.'],
  ['kickoff', () => crew.stream({}, given({ onevent: () => undefined })), 'onevent', 'Did you mean onEvent?'],
  ['tool', () => tool(given({ parameter: {} }) as never), 'parameter', 'Did you mean parameters?'],
  ['fetchPage', () => fetchPage(given({ maxByte: 5 })), 'maxByte', 'Did you mean maxBytes?'],
  ['createMemory', () => createMemory(given({ fle: 'notes' })), 'fle', 'Did you mean file?'],
])('%s refuses an option that it does not have, and names the nearest (%#)', (owner, make, name, advice) => {
  expect(make).toThrow(TypeError);
  expect(make).toThrow(`${owner} has no option "${name}"; it has: `);
  expect(make).toThrow(advice);
});

test('a kickoff, and one for each of many inputs, refuse it before any model is asked', async () => {
  const all = 'signal, onEvent, stream, runId, journal, steps, retryAfterMs, maxWaits';

  await expect(crew.kickoff({}, given({ onevent: () => undefined }))).rejects.toThrow(
    new TypeError(`kickoff has no option "onevent"; it has: ${all}. Did you mean onEvent?`),
  );
  await expect(crew.kickoffForEach([{}], given({ concurency: 2 }))).rejects.toThrow(
    new TypeError(`kickoffForEach has no option "concurency"; it has: ${all}, concurrency, onItem. Did you mean concurrency?`),
  );
  expect(model.requests).toEqual([]);
});

test.each([
  ['one', ' Did you mean once?'],
  ['onced', ' Did you mean once?'],
  ['oncee_', ' Did you mean once?'],
  ['cone', ''],
  ['twice', ''],
  ['toString', ''],
  ['__proto__', ''],
])('%s gets the hint %j', (name, hint) => {
  const options = Object.defineProperty({}, name, { value: 1, enumerable: true });

  expect(() => requireOptions('it', options as { once?: 1 }, { once: true })).toThrow(
    new TypeError(`it has no option "${name}"; it has: once.${hint}`),
  );
});
