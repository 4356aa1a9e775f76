/** What an agent brings to a task besides its prompt: what it remembers, and what it has been given to look things up in. */
import { roleKey, type Agent } from './agent.ts';
import { messageOf } from './errors.ts';
import { lookedUp, recalled } from './prompt.ts';
import type { Run } from './run.ts';
import type { TaskOutput } from './task.ts';
import { callTheirs } from './task-failure.ts';

export interface BackgroundPlace {
  readonly run: Pick<Run, 'steps' | 'warn'>;
  /** Under which the steps are named. */
  readonly prefix: string;
  readonly signal: AbortSignal | undefined;
}

/** The notes for the end of a prompt. Each look-up is a step: a run that is taken up again goes on with what it was shown. */
export async function backgroundNotes(agent: Agent, query: string, { run, prefix, signal }: BackgroundPlace): Promise<string[]> {
  const { memory, knowledge } = agent;
  const search = <Found>(name: string, look: () => Promise<Found>): Promise<Found> =>
    run.steps.step(`${prefix}/${name}`, () => callTheirs({ signal }, `${name} of agent "${roleKey(agent)}"`, look));
  const notes = memory && (await search('recall', () => memory.recall(query, { signal })));
  const passages = knowledge && (await search('search', () => knowledge.search(query, { signal })));
  return [...(notes?.length ? [recalled(notes)] : []), ...(passages?.length ? [lookedUp(passages)] : [])];
}

/** Keeps an answer in its agent's memory. What goes wrong is a warning: the answer is there, and was paid for. */
export async function rememberAnswer(
  agent: Agent,
  output: Pick<TaskOutput, 'name' | 'text'>,
  place: BackgroundPlace,
): Promise<void> {
  const { memory } = agent;
  const { run, prefix, signal } = place;
  if (!memory) return;
  const { name: task, text } = output;
  const role = roleKey(agent);
  try {
    await run.steps.step(`${prefix}/remember`, async () => {
      await callTheirs({ signal }, 'remember', () => memory.remember({ text, task, role }));
      return null;
    });
  } catch (cause) {
    signal?.throwIfAborted();
    const message = `The answer to "${task}" was not remembered: ${messageOf(cause)}`;
    await run.warn({ code: 'memory_failed', message, task, role, cause });
  }
}
