/** What a task is given of the outputs before it. */
import { beginningOf, type ContextEdge } from './context-policy.ts';
import { interpolate } from './interpolate.ts';
import { taskKey } from './journal/task-key.ts';
import { personaOf } from './persona.ts';
import { cutOff, summaryMessages, type ContextBlock } from './prompt.ts';
import type { Task, TaskOutput } from './task.ts';
import { callTheirs } from './task-failure.ts';
import { askAside, type TaskWork } from './task-work.ts';

/** In the order of `sources`. Of a task that was skipped there is nothing to see. */
export async function contextBlocks(work: TaskWork, sources: readonly ContextEdge[]): Promise<ContextBlock[]> {
  const blocks: ContextBlock[] = [];
  for (const [index, edge] of sources.entries()) {
    const output = work.run.outputs.get(edge.task);
    if (!output || output.skipped) continue;
    const again = sources.slice(0, index).filter(({ task, summarizedBy }) => summarizedBy && task === edge.task).length;
    const text = await handedOn(work, edge, output, again);
    if (text.trim() !== '') blocks.push({ ...labelsOf(edge.task, work), text });
  }
  return blocks;
}

function labelsOf({ name, agent }: Task, { run, agent: manager }: TaskWork): Omit<ContextBlock, 'text'> {
  return { task: name, role: interpolate((agent ?? manager).role, run.inputs) };
}

/** `again` tells the summaries of one task apart: two may be asked for in the same words. */
async function handedOn(
  work: TaskWork,
  { task, maxTokens, map, summarizedBy }: ContextEdge,
  output: TaskOutput,
  again: number,
): Promise<string> {
  if (map) {
    const what = `the map of "${task.name}" in the context of "${work.task.name}"`;
    return callTheirs(work, what, async () => requireString(await map(output)));
  }
  if (maxTokens !== undefined) {
    const beginning = beginningOf(output.text, maxTokens);
    return beginning === undefined ? output.text : cutOff(beginning);
  }
  if (!summarizedBy) return output.text;
  const block = { ...labelsOf(task, work), text: output.text };
  const messages = summaryMessages(personaOf(summarizedBy, work.run.inputs), block, work.texts.description);
  const key = work.run.durable ? `@${taskKey([messages, summarizedBy.model, summarizedBy.settings])}` : '';
  const prefix = `${work.task.name}/context-${task.name}${again > 0 ? `-${again + 1}` : ''}${key}`;
  const { text } = await askAside(work, summarizedBy, { messages, prefix, attempt: 1 }, 'summary');
  return text;
}

function requireString(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`it returned something of type ${typeof value}, and has to return a text`);
}
