import { expect, test } from 'vitest';
import { Agent } from './agent.ts';
import { backgroundNotes, rememberAnswer, type BackgroundPlace } from './background.ts';
import { createMemory } from './memory/create-memory.ts';
import { plainSteps, type StepContext } from './steps.ts';

/** Steps that keep what they gave, as a journal does. */
function keptSteps(kept: Map<string, unknown>): BackgroundPlace['run']['steps'] {
  const step = async <Value>(name: string, work: (context: StepContext) => Promise<Value>): Promise<Value> => {
    if (!kept.has(name)) kept.set(name, await work({ idempotencyKey: name, interruptedAt: [] }));
    return kept.get(name) as Value;
  };
  return { ...plainSteps('run'), step };
}

function placeOf(kept: Map<string, unknown>): BackgroundPlace {
  return { run: { steps: keptSteps(kept), warn: () => undefined }, prefix: 'work', signal: undefined };
}

const persona = { role: 'Clerk', goal: 'Answer', backstory: 'Thorough.' };

test('a run that is taken up again is shown what it was shown, whatever was remembered since', async () => {
  const agent = new Agent({ ...persona, memory: createMemory() });
  const kept = new Map<string, unknown>();

  const first = await backgroundNotes(agent, 'colours', placeOf(kept));
  await rememberAnswer(agent, { name: 'work', text: 'Many colours.' }, placeOf(kept));
  const again = await backgroundNotes(agent, 'colours', placeOf(kept));
  const another = await backgroundNotes(agent, 'colours', placeOf(new Map()));

  expect([first, again]).toEqual([[], []]);
  expect(another.join()).toContain('Many colours.');
  expect([...kept.keys()]).toEqual(['work/recall', 'work/remember']);
});

test('an agent with neither takes no steps', async () => {
  const kept = new Map<string, unknown>();

  await rememberAnswer(new Agent(persona), { name: 'work', text: 'x' }, placeOf(kept));

  expect(await backgroundNotes(new Agent(persona), 'x', placeOf(kept))).toEqual([]);
  expect(kept.size).toBe(0);
});
