/** The tool calls of one turn: each a step of its own, side by side. */
import { untilAborted } from './abort.ts';
import type { BoundWork } from './agent-loop.ts';
import { messageOf } from './errors.ts';
import { LoopFailure } from './loop-failure.ts';
import type { Message, ToolCall } from './model.ts';
import { resultWasCut, unknownTool } from './prompt.ts';
import { stopwatch } from './stopwatch.ts';
import { longestResult, type Tool, type ToolResult } from './tool.ts';

/** The results keep the order of the calls. */
export async function callTools(work: BoundWork, calls: readonly ToolCall[], turn: number): Promise<readonly Message[]> {
  const running = calls.map((call, index) =>
    callTool(work, call, { turn, step: `${work.prefix}/turn-${turn}/tool-${index + 1}` }),
  );
  // All are waited for, whatever fails: nothing of this turn may come late.
  const settled = await Promise.allSettled(running);
  const failed = settled.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  return settled.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
}

interface At {
  readonly turn: number;
  readonly step: string;
}

async function callTool(work: BoundWork, call: ToolCall, { turn, step }: At): Promise<Message> {
  const { run, tag, signal } = work;
  const { id: callId, name, arguments: text } = call;
  const facts = { ...tag, turn, tool: name, callId };
  await run.emit({ type: 'tool_started', ...facts, arguments: text });
  signal?.throwIfAborted();

  const { result, durationMs, replayed } = await resultOf(work, call, step);
  signal?.throwIfAborted(); // what a tool says about an abort is nothing for the model
  const { content, isError, thrown } = result;
  if (thrown) {
    const message = `The tool ${name} failed in "${tag.task}": ${messageOf(thrown.error)}`;
    await run.warn({ code: 'tool_failed', message, task: tag.task, role: tag.role, cause: thrown.error });
  }
  await run.emit({ type: 'tool_finished', ...facts, result: content, isError, durationMs, replayed });
  return { role: 'tool', toolCallId: callId, name, content, isError };
}

interface Done {
  readonly result: ToolResult;
  readonly durationMs: number;
  readonly replayed?: true | undefined;
}

async function resultOf(work: BoundWork, call: ToolCall, step: string): Promise<Done> {
  const passedMs = stopwatch();
  const tool = work.tools.find(({ definition }) => definition.name === call.name);
  if (tool) return runTool(work, tool, call, step);
  const handoff = work.handoffs.find(({ definition }) => definition.name === call.name);
  if (handoff) {
    const result = capped(await handoff.hand(call.arguments, step));
    return { result, durationMs: passedMs() };
  }
  const names = [...work.tools, ...work.handoffs].map(({ definition }) => definition.name);
  return { result: { content: unknownTool(call.name, names), isError: true }, durationMs: 0 };
}

/** What a journal keeps of a tool's result. */
interface Kept extends Pick<ToolResult, 'content' | 'isError'> {
  readonly thrown?: string | undefined;
  readonly durationMs: number;
}

async function runTool({ run, tag, signal }: BoundWork, tool: Tool, call: ToolCall, step: string): Promise<Done> {
  let live: Done | undefined;
  const kept = await run.steps.step(`${step}-${call.name}`, async ({ idempotencyKey, interruptedAt }): Promise<Kept> => {
    if (interruptedAt.length > 0) {
      const message = `A crash cut the tool ${call.name} off in "${tag.task}"; it is run again with the same idempotency key`;
      await run.warn({ code: 'possibly_repeated', message, task: tag.task, role: tag.role });
    }
    const passedMs = stopwatch();
    const context = { signal: signal ?? new AbortController().signal, idempotencyKey };
    const result = capped(await untilAborted(tool.call(call.arguments, context), signal), tool.maxResultCharacters);
    signal?.throwIfAborted();
    const { content, isError, thrown } = result;
    if (thrown && tool.onError === 'fail') {
      throw new LoopFailure('tool_failed', `the tool ${call.name} failed: ${messageOf(thrown.error)}`, thrown.error);
    }
    const durationMs = passedMs();
    live = { result, durationMs };
    return { content, isError, thrown: thrown && messageOf(thrown.error), durationMs };
  });
  if (live) return live;
  const { content, isError, thrown, durationMs } = kept;
  const result = { content, isError, thrown: thrown === undefined ? undefined : { error: new Error(thrown) } };
  return { result, durationMs, replayed: true };
}

function capped(result: ToolResult, maxCharacters = longestResult): ToolResult {
  const { content } = result;
  if (content.length <= maxCharacters) return result;
  // A pair of surrogates is not cut in two: half a character is no text that providers take.
  const shown = content.slice(0, maxCharacters).replace(/[\uD800-\uDBFF]$/, '');
  return { ...result, content: shown + resultWasCut(shown.length, content.length) };
}
