/** One task of one run: its condition, its prompt, its answer, and what is done with that. */
import { withTimeout } from './abort.ts';
import { roleKey, type Agent } from './agent.ts';
import { backgroundNotes, rememberAnswer } from './background.ts';
import type { CrewPlan } from './crew-plan.ts';
import { messageOf } from './errors.ts';
import { explain } from './explain.ts';
import { interpolate } from './interpolate.ts';
import { taskKey } from './journal/task-key.ts';
import { writeOutput } from './output-file.ts';
import { asText, withText } from './output.ts';
import { identityOf, personaOf } from './persona.ts';
import { managerNote, openingMessages, type Assignment } from './prompt.ts';
import type { Run } from './run.ts';
import { sourcesOf } from './schedule.ts';
import type { Task, TaskCallback, TaskOutput } from './task.ts';
import { answerThatCounts } from './task-answer.ts';
import { contextBlocks } from './task-context.ts';
import { callTheirs, TaskFailure } from './task-failure.ts';
import { reviewContext, type TaskWork } from './task-work.ts';
import { spendOf } from './usage.ts';

/** A task in its place in a run. */
interface Turn {
  readonly crew: CrewPlan;
  readonly task: Task;
  readonly taskIndex: number;
  readonly run: Run;
  /** What a planner laid down for it. */
  readonly plan: string | undefined;
}

/** Rejects with a `TaskError`, whatever went wrong. */
export async function runTask(turn: Turn): Promise<void> {
  const { crew, task, taskIndex, run } = turn;
  const agent = crew.manager ?? task.agent;
  if (!agent) throw new TypeError(`Task "${task.name}" has no agent`); // refused when the crew was made
  const tag = { task: task.name, taskIndex, role: roleKey(agent) };
  try {
    const { timeoutMs } = task;
    if (timeoutMs === undefined) await performTask(turn, agent, tag, run.signal);
    else await withTimeout(run.signal, timeoutMs, `Task "${task.name}"`, (signal) => performTask(turn, agent, tag, signal));
  } catch (cause) {
    const error = explain(cause, { crew, run, name: task.name, role: tag.role });
    await run.emit({ type: 'task_failed', ...tag, error });
    throw error;
  }
}

async function performTask(turn: Turn, agent: Agent, tag: TaskWork['tag'], signal: AbortSignal | undefined): Promise<void> {
  const { crew, task, run } = turn;
  const startedAt = run.clock();
  signal?.throwIfAborted();
  const work = workFor(turn, agent, tag, signal);
  if (!(await isWanted(turn, work))) return skip(work, startedAt);
  if (run.isHeard) await run.emit({ type: 'task_started', ...tag, description: work.texts.description });

  const persona = personaOf(agent, run.inputs);
  const assignment = await withBackground(work, persona, await assignmentOf(turn, work));
  const opening = openingMessages({ persona, assignment, style: crew.style });
  const ready = run.durable ? { ...work, prefix: `${task.name}@${keyOf(turn, work, opening)}` } : work;
  const answer = await keepTimes(ready, await answerThatCounts(ready, opening, startedAt));
  run.outputs.set(task, answer);
  const output = task.outputFile === undefined ? answer : await writeFile(turn, ready, task.outputFile, answer);
  if (agent.memory) await rememberAnswer(agent, output, ready);
  if (task.callback || crew.taskCallback) await tellCallbacks(turn, ready, output);
  signal?.throwIfAborted();
  if (run.isHeard) await run.emit({ type: 'task_finished', ...tag, output });
}

function workFor({ crew, task, run }: Turn, agent: Agent, tag: TaskWork['tag'], signal: AbortSignal | undefined): TaskWork {
  const texts = {
    description: interpolate(task.description, run.inputs),
    expectedOutput: interpolate(task.expectedOutput, run.inputs),
  };
  const tools = task.tools ?? agent.tools;
  const coworkers = crew.manager && crew.agents.filter((other) => other !== crew.manager);
  return { run, task, agent, tools, coworkers, tag, texts, signal, prefix: task.name, attempts: [] };
}

async function isWanted({ crew, task, taskIndex, run }: Turn, work: TaskWork): Promise<boolean> {
  const { when } = task;
  const before = crew.tasks[taskIndex - 1];
  const previous = before && run.outputs.get(before);
  if (!when || !previous) return true;
  return callTheirs(work, `when of "${task.name}"`, async () => {
    const wanted: unknown = await when(previous, reviewContext(work));
    if (typeof wanted === 'boolean') return wanted;
    throw new TypeError(`it returned something of type ${typeof wanted}, and has to return true or false`);
  });
}

async function skip({ run, task, tag, texts }: TaskWork, startedAt: number): Promise<void> {
  const retries = { schema: 0, guardrails: task.guardrails.map(() => 0), human: 0 };
  const nothing = { text: '', output: undefined, skipped: true, model: '', turns: 0, retries };
  const facts = { name: task.name, role: tag.role, ...texts, ...nothing, ...spendOf([]), startedAt, durationMs: 0 };
  run.outputs.set(task, withText(facts));
  await run.emit({ type: 'task_skipped', ...tag });
}

async function assignmentOf({ crew, task, taskIndex, run, plan }: Turn, work: TaskWork): Promise<Assignment> {
  const { description, expectedOutput } = work.texts;
  const sources = task.context ?? sourcesOf(crew.tasks, taskIndex).map((source) => ({ task: source }));
  const coworkers = work.coworkers?.map((other) => interpolate(other.role, run.inputs));
  return {
    description,
    expectedOutput,
    context: await contextBlocks(work, sources),
    hasTools: work.tools.length > 0 || coworkers !== undefined || (work.agent.allowDelegation && crew.agents.length > 1),
    markdown: task.markdown,
    schema: task.output?.json,
    plan,
    notes: coworkers ? [managerNote(coworkers)] : [],
  };
}

/** Adds what the agent remembers and looks up. What it is shown once, it is shown when the run is taken up again. */
async function withBackground(work: TaskWork, persona: unknown, assignment: Assignment): Promise<Assignment> {
  const { run, agent, task, texts, signal } = work;
  if (!agent.memory && !agent.knowledge) return assignment;
  const prefix = run.durable ? `${task.name}@${taskKey([persona, assignment])}` : work.prefix;
  const found = await backgroundNotes(agent, texts.description, { run, prefix, signal });
  return { ...assignment, notes: [...(assignment.notes ?? []), ...found] };
}

/** A hash of what the answer depends on: where it is the same, finished steps are taken from the journal. */
function keyOf({ crew, task, run }: Turn, { agent, tools, coworkers }: TaskWork, opening: unknown): string {
  const { role, model, settings, maxIterations, allowDelegation } = agent;
  const identity = (other: Agent | undefined): unknown => other && identityOf(other, run.inputs);
  const guardrails = task.guardrails.map((guardrail) =>
    typeof guardrail === 'function' ? 'function' : [guardrail.criteria, identity(guardrail.judge)],
  );
  const told = tools.map(({ definition }) => definition);
  const others = (coworkers ?? (allowDelegation ? crew.agents : [])).map(identity);
  const { maxRetries } = task;
  return taskKey([
    crew.version,
    opening,
    role,
    model,
    settings,
    maxIterations,
    allowDelegation,
    told,
    guardrails,
    others,
    maxRetries,
  ]);
}

/** So that a run taken up again tells the same times. */
async function keepTimes({ run, prefix }: TaskWork, output: TaskOutput): Promise<TaskOutput> {
  if (!run.durable || run.steps.clock) return output;
  const { startedAt, durationMs } = output;
  const times = await run.steps.step(`${prefix}/output`, async () => ({ startedAt, durationMs }));
  return withText({ ...output, ...times });
}

/** Gives the output, which now says where it was written. */
async function writeFile(
  { crew, task, run }: Turn,
  { signal }: TaskWork,
  outputFile: string,
  output: TaskOutput,
): Promise<TaskOutput> {
  signal?.throwIfAborted();
  const file = interpolate(outputFile, run.inputs);
  try {
    await writeOutput({ root: crew.outputRoot, path: file, createFolder: task.createFolder }, asText(output));
  } catch (cause) {
    throw new TaskFailure('file_failed', `"${file}" could not be written: ${messageOf(cause)}`, cause);
  }
  const written = withText({ ...output, file });
  run.outputs.set(task, written);
  return written;
}

/** Each once, also where the task's is the crew's. A task is not lost because somebody could not hear of it. */
async function tellCallbacks({ crew, task, run }: Turn, work: TaskWork, output: TaskOutput): Promise<void> {
  const callbacks = new Set([task.callback, crew.taskCallback]);
  for (const [index, callback] of [...callbacks].entries()) {
    if (callback) await tell(run, work, `${work.prefix}/callback-${index + 1}`, callback, output);
  }
}

async function tell(run: Run, work: TaskWork, step: string, callback: TaskCallback, output: TaskOutput): Promise<void> {
  try {
    await callTheirs(work, `callback of "${work.task.name}"`, () =>
      run.steps.step(step, async () => {
        await callback(output);
        return null;
      }),
    );
  } catch (thrown) {
    if (!TaskFailure.isInstance(thrown)) throw thrown;
    const { name: task } = work.task;
    await run.warn({ code: 'callback_failed', message: thrown.message, task, role: work.tag.role, cause: thrown.cause });
  }
}
