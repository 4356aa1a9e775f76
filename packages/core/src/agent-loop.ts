/** The only loop: ask the model, run the tools it calls, ask again. */
import { untilAborted } from './abort.ts';
import type { Agent } from './agent.ts';
import { attemptsOf, attemptsOfFailure, fallbackTaken } from './attempts.ts';
import { messageOf } from './errors.ts';
import type { RunTag, TaskTag } from './events.ts';
import type { Attempt, Message, ModelRequest, ModelResponse, ToolCall } from './model.ts';
import { forcedAnswer, unknownTool } from './prompt.ts';
import type { Run } from './run.ts';
import type { Tool, ToolResult } from './tool.ts';

/** One task as its agent sees it. */
export interface Work {
  readonly run: Run;
  readonly agent: Agent;
  readonly tag: Omit<TaskTag, keyof RunTag>;
  readonly tools: readonly Tool[];
  /** The conversation, which grows with every turn. */
  readonly messages: Message[];
  /** The attempts made for this task, which grow with every turn too. */
  readonly attempts: Attempt[];
}

interface Answer {
  readonly text: string;
  readonly model: string;
  readonly turns: number;
}

/** The model was asked, and gave nothing to go on with. */
export class NoAnswer extends Error {
  readonly code: 'empty_answer' | 'refused' | 'max_iterations';

  constructor(code: NoAnswer['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Works until the model answers without calling tools, or `maxIterations` is reached and it has to answer as it is. */
export async function runAgent(work: Work): Promise<Answer> {
  const { agent, messages, run, tag } = work;
  const { maxIterations } = agent;

  for (let turn = 1; turn <= maxIterations; turn++) {
    const response = await ask(work, turn, work.tools);
    const { content, text, toolCalls } = response;
    if (toolCalls.length === 0) return answerFrom(work, response, turn);
    // Reasoning among the parts has to go back to its provider, or some refuse the tool results.
    messages.push({ role: 'assistant', content: content ?? text, toolCalls }, ...(await callTools(work, toolCalls, turn)));
  }

  const message = `"${tag.task}" reached ${maxIterations} iterations, and ${tag.role} had to answer as it was`;
  await run.warn({ code: 'forced_answer', message, task: tag.task, role: tag.role });
  messages.push(forcedAnswer());
  const response = await ask(work, maxIterations + 1, []);
  if (isBlank(response)) {
    throw new NoAnswer('max_iterations', `no answer after ${maxIterations} iterations, nor when one was demanded`);
  }
  return answerFrom(work, response, maxIterations + 1);
}

async function answerFrom({ run, tag }: Work, response: ModelResponse, turns: number): Promise<Answer> {
  const { text, model, refusal, finishReason } = response;
  if (isBlank(response)) {
    if (refusal) throw new NoAnswer('refused', `${model} refused: ${refusal}`);
    throw new NoAnswer('empty_answer', `${model} answered with nothing (finish reason: ${finishReason})`);
  }
  if (finishReason === 'length') {
    const message = `The answer to "${tag.task}" was cut off at the output limit of ${model}`;
    await run.warn({ code: 'truncated', message, task: tag.task, role: tag.role });
  }
  return { text, model, turns };
}

function isBlank({ text }: ModelResponse): boolean {
  return text.trim() === '';
}

/** How long a model that was aborted may take to say what it had cost. */
const settleGraceMs = 50;

async function ask(work: Work, turn: number, tools: readonly Tool[]): Promise<ModelResponse> {
  const { run, tag } = work;
  const { model, signal } = run;
  signal?.throwIfAborted();
  await run.emit({ type: 'model_call_started', ...tag, turn });
  signal?.throwIfAborted();
  const startedAt = Date.now();
  const settle = (attempts: readonly Attempt[]): { attempts: readonly Attempt[]; durationMs: number } => {
    run.attempts.push(...attempts);
    work.attempts.push(...attempts);
    return { attempts, durationMs: Date.now() - startedAt };
  };

  let response: ModelResponse;
  try {
    const call = (async () => checked(await model(requestFor(work, turn, tools))))();
    response = await untilAborted(call, signal, settleGraceMs);
  } catch (error) {
    const asked = { model: model.id ?? 'unknown', aborted: signal?.aborted ?? false };
    const figures = settle(attemptsOfFailure(error, startedAt, asked));
    await run.emit({ type: 'model_call_failed', ...tag, turn, error, ...figures });
    throw error;
  }
  const figures = settle(attemptsOf(response, startedAt));
  const { usage, finishReason } = response;
  await run.emit({ type: 'model_call_finished', ...tag, turn, model: response.model, usage, finishReason, ...figures });
  signal?.throwIfAborted(); // the answer came after the abort: it is counted, and not used
  await warnOfFallback(work, figures.attempts);
  return response;
}

/** Says it once, not once a turn. */
async function warnOfFallback({ run, tag: { task, role } }: Work, attempts: readonly Attempt[]): Promise<void> {
  const fallback = fallbackTaken(attempts);
  const message = `In "${task}", ${fallback}`;
  if (!fallback || run.warnings.some((warning) => warning.message === message)) return;
  await run.warn({ code: 'fell_back', message, task, role });
}

function requestFor({ run, agent, tag, messages }: Work, turn: number, tools: readonly Tool[]): ModelRequest {
  const { signal } = run;
  const onDelta: ModelRequest['onDelta'] = (delta) => {
    signal?.throwIfAborted();
    return delta.type === 'text' ? run.emit({ type: 'delta', ...tag, turn, text: delta.text }) : undefined;
  };
  return {
    messages: [...messages], // a copy: what a model keeps must not grow
    role: tag.role,
    model: agent.model,
    labels: { workflow: run.id, task: tag.task },
    tools: tools.length === 0 ? undefined : tools.map(({ definition }) => definition),
    settings: agent.settings,
    signal,
    onDelta: run.stream ? onDelta : undefined,
  };
}

/** Models are other people's functions, not all of them in TypeScript. */
function checked(response: ModelResponse): ModelResponse {
  if (typeof response?.text === 'string' && Array.isArray(response.toolCalls)) return response;
  throw new TypeError('The model did not return a ModelResponse, with text and toolCalls');
}

/** Runs the calls of one turn side by side; their results keep the order of the calls. */
function callTools(work: Work, calls: readonly ToolCall[], turn: number): Promise<Message[]> {
  return Promise.all(calls.map((call) => callTool(work, call, turn)));
}

async function callTool({ run, tag, tools }: Work, call: ToolCall, turn: number): Promise<Message> {
  const { id: callId, name, arguments: text } = call;
  const facts = { ...tag, turn, tool: name, callId };
  await run.emit({ type: 'tool_started', ...facts, arguments: text });
  run.signal?.throwIfAborted();

  const startedAt = Date.now();
  const { content, isError, thrown } = await resultOf(tools, call, run.signal);
  run.signal?.throwIfAborted(); // what a tool says about an abort is nothing for the model
  if (thrown) {
    const message = `The tool ${name} failed in "${tag.task}": ${messageOf(thrown.error)}`;
    await run.warn({ code: 'tool_failed', message, task: tag.task, role: tag.role, cause: thrown.error });
  }
  await run.emit({ type: 'tool_finished', ...facts, result: content, isError, durationMs: Date.now() - startedAt });
  return { role: 'tool', toolCallId: callId, name, content, isError };
}

async function resultOf(tools: readonly Tool[], call: ToolCall, signal = new AbortController().signal): Promise<ToolResult> {
  const tool = tools.find(({ definition }) => definition.name === call.name);
  if (tool) return untilAborted(tool.call(call.arguments, { signal }), signal);
  const names = tools.map(({ definition }) => definition.name);
  return { content: unknownTool(call.name, names), isError: true };
}
