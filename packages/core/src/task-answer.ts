/** From a first answer to one that counts: it fits the schema, passes every guardrail, and a person has nothing to add. */
import type { Answer } from './agent-loop.ts';
import { checkVerdict, type JudgedGuardrail, type TakenGuardrail } from './guardrail.ts';
import { isPlainObject } from './freeze.ts';
import type { Message } from './model.ts';
import { jsonIn, parseOutput, withText } from './output.ts';
import { judgeMessages, repairRequest, revisionRequest, verdictRequest } from './prompt.ts';
import type { Retries, TaskOutput } from './task.ts';
import { callTheirs, TaskFailure } from './task-failure.ts';
import { askAgent, askAside, reviewContext, type TaskWork } from './task-work.ts';
import { spendOf } from './usage.ts';

/** The answer under review, and what has happened to it. */
interface Draft {
  readonly answer: Answer;
  /** Which answer it is, from 1. */
  readonly attempt: number;
  readonly turns: number;
  readonly retries: Retries;
  readonly startedAt: number;
}

/** The answer was sent back: by whom, and with which words. */
interface SentBack {
  readonly by: 'schema' | 'guardrail' | 'human';
  readonly request: Message;
  readonly retries: Retries;
}

const defaultMaxRetries = 3;

export async function answerThatCounts(work: TaskWork, opening: readonly Message[], startedAt: number): Promise<TaskOutput> {
  const { task, tag, run } = work;
  const noRetries: Retries = { schema: 0, guardrails: task.guardrails.map(() => 0), human: 0 };
  const answer = await askAgent(work, { messages: opening, prefix: work.prefix, attempt: 1 }, false);
  let draft: Draft = { answer, attempt: 1, turns: answer.turns, retries: noRetries, startedAt };
  for (;;) {
    const outcome = await review(work, draft);
    if (!('request' in outcome)) return withReview(work, outcome, startedAt);
    await run.emit({ type: 'reset', ...tag, attempt: draft.attempt, turn: draft.answer.turns, reason: outcome.by });
    draft = await answerAgain(work, draft, outcome);
  }
}

/** Who judged it was paid, and who looked at it took time: that belongs to what the answer took. */
function withReview({ task, run, attempts }: TaskWork, output: TaskOutput, startedAt: number): TaskOutput {
  if (task.guardrails.length === 0 && !task.human) return output;
  return withText({ ...output, ...spendOf([...attempts]), durationMs: run.clock() - startedAt });
}

/** The whole conversation goes on, so that the agent still sees its task and what it was given to build on. */
async function answerAgain(work: TaskWork, last: Draft, { by, request, retries }: SentBack): Promise<Draft> {
  const attempt = last.attempt + 1;
  const messages = [...last.answer.messages, request];
  const answer = await askAgent(work, { messages, prefix: `${work.prefix}/${by}-${attempt}`, attempt }, true);
  return { ...last, answer, attempt, turns: last.turns + answer.turns, retries };
}

async function review(work: TaskWork, draft: Draft): Promise<TaskOutput | SentBack> {
  const read = await readOutput(work, draft.answer.text);
  if ('problems' in read) return sendBackForRepair(work, draft, read.problems);

  let output = outputOf(work, draft, read.value);
  for (const [index, guardrail] of work.task.guardrails.entries()) {
    const outcome = await runGuardrail(work, draft, guardrail, index, output);
    if ('request' in outcome) return outcome;
    output = outcome;
  }
  return reviewByPerson(work, draft, output);
}

type Read = { readonly value: unknown } | { readonly problems: readonly string[] };

async function readOutput(work: TaskWork, text: string): Promise<Read> {
  const { name, output } = work.task;
  return output ? callTheirs(work, `schema of "${name}"`, () => parseOutput(output.schema, text)) : { value: undefined };
}

async function sendBackForRepair(work: TaskWork, draft: Draft, problems: readonly string[]): Promise<SentBack> {
  const { task, run, tag } = work;
  const schema = retryOrFail(
    work,
    draft.retries.schema,
    'output_invalid',
    `the answer does not fit the schema: ${problems.join('; ')}`,
  );
  const message = `The answer to "${task.name}" did not fit its schema, and was asked for again: ${problems.join('; ')}`;
  await run.warn({ code: 'repaired', message, task: task.name, role: tag.role });
  return { by: 'schema', request: repairRequest(problems), retries: { ...draft.retries, schema } };
}

/** One more than before, or the end of the task. */
function retryOrFail(work: TaskWork, before: number, code: 'output_invalid' | 'guardrail_failed', reason: string): number {
  const most = work.task.maxRetries ?? work.agent.maxRetries ?? defaultMaxRetries;
  if (before >= most) throw new TaskFailure(code, `${reason} (after ${before} ${before === 1 ? 'retry' : 'retries'})`);
  return before + 1;
}

async function runGuardrail(
  work: TaskWork,
  draft: Draft,
  guardrail: TakenGuardrail,
  index: number,
  output: TaskOutput,
): Promise<TaskOutput | SentBack> {
  const { task, run, tag } = work;
  const what = `guardrail ${index + 1} of "${task.name}"`;
  const verdict =
    typeof guardrail === 'function'
      ? await callTheirs(work, what, async () => checkVerdict(await guardrail(output, reviewContext(work))))
      : await judge(work, draft, guardrail, index, output);
  const facts = { ...tag, attempt: draft.attempt, guardrail: index };
  if (verdict === true || typeof verdict === 'string' || 'text' in verdict) {
    await run.emit({ type: 'guardrail_finished', ...facts, passed: true });
    return verdict === true ? output : replaced(work, output, verdict, what);
  }
  const { feedback } = verdict;
  await run.emit({ type: 'guardrail_finished', ...facts, passed: false, feedback });
  const before = draft.retries.guardrails[index] ?? 0;
  const count = retryOrFail(work, before, 'guardrail_failed', `${what} sent the answer back: ${feedback}`);
  const guardrails = draft.retries.guardrails.with(index, count);
  return { by: 'guardrail', request: revisionRequest('a check', feedback), retries: { ...draft.retries, guardrails } };
}

/** What a guardrail puts in the answer's place is held to the schema as well. */
async function replaced(work: TaskWork, output: TaskOutput, by: string | TaskOutput, what: string): Promise<TaskOutput> {
  if (typeof by !== 'string') return withText({ ...output, ...by });
  const read = await readOutput(work, by);
  if ('value' in read) return withText({ ...output, text: by, output: read.value });
  throw new TaskFailure('hook_failed', `${what} gave a text that does not fit the schema: ${read.problems.join('; ')}`);
}

async function judge(
  work: TaskWork,
  { attempt }: Draft,
  { criteria, judge: judgeAgent = work.agent }: JudgedGuardrail,
  index: number,
  { text }: TaskOutput,
): Promise<true | { feedback: string }> {
  const prefix = `${work.prefix}/guardrail-${index + 1}-${attempt}`;
  let messages = judgeMessages(criteria, work.texts, text);
  for (const tries of ['judge', 'judge-again']) {
    const answer = await askAside(work, judgeAgent, { messages, prefix: `${prefix}/${tries}`, attempt }, 'guardrail');
    const verdict = verdictIn(answer.text);
    if (verdict) return verdict;
    messages = [...answer.messages, verdictRequest()];
  }
  throw new TaskFailure('guardrail_failed', `the judge of guardrail ${index + 1} of "${work.task.name}" said neither yes nor no`);
}

function verdictIn(text: string): true | { feedback: string } | undefined {
  for (const value of jsonIn(text)) {
    if (!isPlainObject(value)) continue;
    const { pass, feedback } = value;
    if (pass === true) return true;
    if (pass === false) return { feedback: typeof feedback === 'string' ? feedback : 'It does not meet the criterion.' };
  }
  return undefined;
}

async function reviewByPerson(work: TaskWork, draft: Draft, output: TaskOutput): Promise<TaskOutput | SentBack> {
  const { task, run } = work;
  const { human } = task;
  if (!human) return output;
  const round = draft.retries.human + 1;
  const feedback =
    human === 'outside'
      ? await askOutside(work, draft.attempt, round)
      : await callTheirs(work, `human of "${task.name}"`, () =>
          run.steps.step(`${work.prefix}/human-${round}`, async () => (await human(output, reviewContext(work))) ?? null),
        );
  if (feedback === null || feedback.trim() === '') return output;
  return { by: 'human', request: revisionRequest('a person', feedback), retries: { ...draft.retries, human: round } };
}

/** A text is feedback; whatever else comes accepts the answer. */
async function askOutside({ run, task, tag, signal }: TaskWork, attempt: number, round: number): Promise<string | null> {
  const { waitFor } = run.steps;
  if (!waitFor) throw new TypeError(`Task "${task.name}" waits for somebody outside, and no engine can`); // refused at kickoff
  const name = `${task.name}/human-${round}`;
  await run.emit({ type: 'human_requested', ...tag, attempt, signal: name });
  const answer = await waitFor(name, signal);
  return typeof answer === 'string' ? answer : null;
}

/** `undefined` is the value of a task without a schema. */
function outputOf(work: TaskWork, { answer, turns, retries, startedAt }: Draft, value: unknown): TaskOutput {
  const { run, task, tag, texts } = work;
  const { usage, costUsd, unpriced, attempts } = spendOf([...work.attempts]);
  return withText({
    name: task.name,
    role: tag.role,
    description: texts.description,
    expectedOutput: texts.expectedOutput,
    text: answer.text,
    output: value,
    skipped: false,
    model: answer.model,
    turns,
    retries,
    usage,
    costUsd,
    unpriced,
    attempts,
    startedAt,
    durationMs: run.clock() - startedAt,
  });
}
