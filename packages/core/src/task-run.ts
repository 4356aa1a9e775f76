/** One task of one run: its prompt, its agent, its output. */
import { roleKey } from './agent.ts';
import { NoAnswer, runAgent, type Work } from './agent-loop.ts';
import { messageOf, TaskError } from './errors.ts';
import { interpolate } from './interpolate.ts';
import { openingMessages, type ContextBlock } from './prompt.ts';
import type { Run } from './run.ts';
import type { Task, TaskOutput } from './task.ts';
import { spendOf } from './usage.ts';

/** Rejects with a `TaskError`, whatever went wrong. */
export async function runTask(task: Task, taskIndex: number, run: Run): Promise<void> {
  const startedAt = Date.now();
  const texts = {
    description: interpolate(task.description, run.inputs),
    expectedOutput: interpolate(task.expectedOutput, run.inputs),
  };
  const tag = { task: task.name, taskIndex, role: roleKey(task.agent) };
  const work = workFor(task, tag, texts, run);
  await run.emit({ type: 'task_started', ...tag, description: texts.description });
  try {
    const answer = await runAgent(work);
    const facts = { name: task.name, role: tag.role, ...texts, ...answer, ...spendOf(work.attempts) };
    const output: TaskOutput = Object.freeze({ ...facts, startedAt, durationMs: Date.now() - startedAt });
    run.outputs.set(task, output);
    await run.emit({ type: 'task_finished', ...tag, output });
  } catch (cause) {
    const error = explain(cause, tag, run);
    await run.emit({ type: 'task_failed', ...tag, error });
    throw error;
  }
}

function workFor(task: Task, tag: Work['tag'], texts: Pick<TaskOutput, 'description' | 'expectedOutput'>, run: Run): Work {
  const { agent } = task;
  const tools = task.tools ?? agent.tools;
  const persona = {
    role: interpolate(agent.role, run.inputs),
    goal: interpolate(agent.goal, run.inputs),
    backstory: interpolate(agent.backstory, run.inputs),
  };
  const assignment = { ...texts, context: contextOf(task, run), hasTools: tools.length > 0 };
  return { run, agent, tag, tools, messages: openingMessages(persona, assignment), attempts: [] };
}

function contextOf(task: Task, run: Run): ContextBlock[] {
  const earlier = task.context ?? [...run.outputs.keys()];
  return earlier.flatMap((source) => {
    const output = run.outputs.get(source);
    return output ? { task: source.name, role: interpolate(source.agent.role, run.inputs), text: output.text } : [];
  });
}

function explain(thrown: unknown, { task, role }: Work['tag'], run: Run): TaskError {
  const { id: runId, signal, outputs, warnings, attempts } = run;
  const leftBehind = { task, role, runId, finished: [...outputs.values()], warnings: [...warnings], ...spendOf([...attempts]) };
  if (signal?.aborted) {
    const cause: unknown = signal.reason;
    return new TaskError('aborted', { ...leftBehind, reason: messageOf(cause), cause });
  }
  if (thrown instanceof NoAnswer) return new TaskError(thrown.code, { ...leftBehind, reason: thrown.message });
  return new TaskError('model_failed', { ...leftBehind, reason: messageOf(thrown), cause: thrown });
}
