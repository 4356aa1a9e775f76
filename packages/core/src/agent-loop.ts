/** The only loop: ask the model, run the tools it calls, ask again. */
import { withTimeout } from './abort.ts';
import type { Agent } from './agent.ts';
import { Conversation } from './conversation.ts';
import { handoffsOf, type Handoff } from './delegation.ts';
import { LoopFailure } from './loop-failure.ts';
import { callModel, type Ask, type TaskFacts } from './model-call.ts';
import type { Attempt, Message, ModelResponse, OutputSchema } from './model.ts';
import { askForSummary, forcedAnswer } from './prompt.ts';
import type { Run } from './run.ts';
import { callTools } from './tool-calls.ts';
import type { Tool } from './tool.ts';

/** What an agent is to do, and where in a run it does it. */
export interface Work {
  readonly run: Run;
  readonly tag: TaskFacts;
  readonly agent: Agent;
  readonly tools: readonly Tool[];
  /** The conversation so far: the opening, or what an earlier call gave with something added. */
  readonly messages: readonly Message[];
  /** Begins the names of its steps: no two calls of a run have the same. */
  readonly prefix: string;
  readonly signal: AbortSignal | undefined;
  /** The task's own list: it grows with every call, as the run's does. */
  readonly attempts: Attempt[];
  readonly outputSchema?: OutputSchema | undefined;
  /** A cached answer is no use: it was refused before. @default false */
  readonly reload?: boolean | undefined;
  /** To whom work may be handed. @default the crew, when the agent has `allowDelegation` */
  readonly coworkers?: readonly Agent[] | undefined;
}

export interface Answer {
  readonly text: string;
  readonly model: string;
  /** How often the model was asked. */
  readonly turns: number;
  /** The whole conversation, the answer included. */
  readonly messages: readonly Message[];
}

/**
 * Works until the model answers without calling tools, or `maxIterations` is reached and it has to answer as it is.
 * Rejects with a `LoopFailure`, a `TimedOut`, what the model threw, or the signal's reason.
 */
export function runAgent(work: Work): Promise<Answer> {
  const { agent, signal, tag } = work;
  if (agent.timeoutMs === undefined) return workWithRetries(work);
  return withTimeout(signal, agent.timeoutMs, `Agent "${tag.role}"`, (limited) => workWithRetries({ ...work, signal: limited }));
}

const defaultRetries = 3;

/** A tool that must not fail did: the task is begun again, with the same prompt. */
async function workWithRetries(work: Work): Promise<Answer> {
  const { agent, run, tag, prefix } = work;
  const { maxRetries = defaultRetries } = agent;
  for (let retry = 0; ; retry++) {
    try {
      return await converse(retry === 0 ? work : { ...work, prefix: `${prefix}/retry-${retry}`, reload: true });
    } catch (error) {
      if (!LoopFailure.isInstance(error) || error.code !== 'tool_failed' || retry >= maxRetries) throw error;
      const message = `"${tag.task}" was begun again (retry ${retry + 1} of ${maxRetries}): ${error.message}`;
      await run.warn({ code: 'task_retried', message, task: tag.task, role: tag.role, cause: error.cause });
    }
  }
}

async function converse(work: Work): Promise<Answer> {
  const { agent, run, tag } = work;
  const { maxIterations, contextWindow: window, settings } = agent;
  const handoffs = handoffsOf(work, runAgent);
  const tools = [...work.tools, ...handoffs].map(({ definition }) => definition);
  const talk = new Conversation(work.messages, window ? { window, tools, settings } : {});

  for (let turn = 1; turn <= maxIterations; turn++) {
    if (window) await fit(work, talk, turn);
    const response = await ask(work, talk, turn, tools);
    if (response.toolCalls.length === 0) return answerFrom(work, talk, response, turn);
    const { content, text, toolCalls } = response;
    // Reasoning among the parts has to go back to its provider, or some refuse the tool results.
    talk.add(
      { role: 'assistant', content: content ?? text, toolCalls },
      ...(await callTools({ ...work, handoffs }, toolCalls, turn)),
    );
  }

  const message = `"${tag.task}" reached ${maxIterations} iterations, and ${tag.role} had to answer as it was`;
  await run.warn({ code: 'forced_answer', message, task: tag.task, role: tag.role });
  talk.add(forcedAnswer());
  if (window) await fit(work, talk, maxIterations + 1);
  const response = await ask(work, talk, maxIterations + 1, []);
  if (isBlank(response)) {
    throw new LoopFailure('max_iterations', `no answer after ${maxIterations} iterations, nor when one was demanded`);
  }
  return answerFrom(work, talk, response, maxIterations + 1);
}

/** An agent at work, and those it may hand work to. */
export interface BoundWork extends Work {
  readonly handoffs: readonly Handoff[];
}

async function fit(work: Work, talk: Conversation, turn: number): Promise<void> {
  const { run, tag } = work;
  const done = await talk.fit(async (messages) => {
    const { model, settings } = work.agent;
    const asked = { messages: [...messages, askForSummary()], model, settings };
    const { text } = await callModel(placeOf(work, turn, 'summary'), asked);
    return text;
  });
  if (done === undefined) return;
  const message = `In "${tag.task}" ${done}`;
  await run.warn({ code: 'context_shortened', message, task: tag.task, role: tag.role });
}

function ask(work: Work, talk: Conversation, turn: number, tools: Ask['tools'] & {}): Promise<ModelResponse> {
  const { agent, outputSchema, reload } = work;
  return callModel(placeOf(work, turn, 'turn'), {
    messages: talk.messages,
    model: agent.model,
    settings: agent.settings,
    tools: tools.length === 0 ? undefined : tools,
    outputSchema,
    cache: reload === true ? { reload } : undefined,
  });
}

function placeOf({ run, tag, prefix, signal, attempts, agent }: Work, turn: number, what: 'turn' | 'summary') {
  return { run, tag, signal, attempts, agent, turn, name: `${prefix}/${what}-${turn}` };
}

async function answerFrom({ run, tag }: Work, talk: Conversation, response: ModelResponse, turns: number): Promise<Answer> {
  const { text, content, model, refusal, finishReason } = response;
  if (isBlank(response)) {
    if (refusal) throw new LoopFailure('refused', `${model} refused: ${refusal}`);
    throw new LoopFailure('empty_answer', `${model} answered with nothing (finish reason: ${finishReason})`);
  }
  if (finishReason === 'length') {
    const message = `The answer to "${tag.task}" was cut off at the output limit of ${model}`;
    await run.warn({ code: 'truncated', message, task: tag.task, role: tag.role });
  }
  return { text, model, turns, messages: [...talk.messages, { role: 'assistant', content: content ?? text }] };
}

function isBlank({ text }: ModelResponse): boolean {
  return text.trim() === '';
}
