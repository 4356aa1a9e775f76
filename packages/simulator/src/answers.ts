import { promptTokens, type Answer, type AnswerUsage, type AnsweredCall, type Ask, type Finish } from './ask.ts';
import { recordOf } from './json.ts';
import type { Order } from './orders.ts';
import { writeField, writeReasoning, writeText } from './prose.ts';
import { sampleSchema } from './schema-sample.ts';
import { countTokens, firstTokens } from './tokens.ts';

/** An answer to give, instead of one of the simulator's own. */
export interface ScriptedAnswer extends Order {
  /** @default '' when anything else is scripted, else the simulator's own text */
  readonly text?: string | undefined;
  readonly toolCalls?: readonly ScriptedCall[] | undefined;
  /** Thinking, in whichever form the provider shows it. */
  readonly reasoning?: string | undefined;
  /** The model declines: `refusal` on OpenAI, stop reason `refusal` on Anthropic, plain text elsewhere. */
  readonly refusal?: string | undefined;
  /** Replaces counts of the real text, one by one. Totals are inclusive. */
  readonly usage?: { readonly [Count in keyof AnswerUsage]?: number | undefined } | undefined;
  /** @default 'tool_calls' with tool calls, else 'stop' */
  readonly finishReason?: Finish | undefined;
  /** Into how many pieces a stream cuts the text. @default pieces of about 24 characters */
  readonly chunks?: number | undefined;
}

export interface ScriptedCall {
  readonly name: string;
  /** An object, or JSON text that is sent as it is. */
  readonly arguments: object | string;
}

/** What the cache knew of the prompt. */
export type CachedInput = Pick<AnswerUsage, 'cacheReadTokens' | 'cacheWriteTokens' | 'cacheWrite1hTokens'>;

/** The answer to a question: the scripted one, or else one that makes sense. */
export function answerTo(ask: Ask, scripted: ScriptedAnswer | undefined, cached: CachedInput): Answer {
  const said = scripted && isScripted(scripted) ? fromScript(scripted) : unscripted(ask);
  const limited = limit(said, ask);
  const usage = { ...usageOf(ask, limited, cached), ...definedOf(scripted?.usage) };
  return { ...limited, finish: scripted?.finishReason ?? limited.finish, usage, chunks: scripted?.chunks };
}

/** 200, and nothing said. */
export function emptyAnswer(ask: Ask, cached: CachedInput): Answer {
  const nothing: Said = { reasoning: '', text: '', refusal: '', toolCalls: [], finish: 'stop' };
  return { ...nothing, usage: usageOf(ask, nothing, cached) };
}

type Said = Omit<Answer, 'usage' | 'chunks'>;

function isScripted({ text, toolCalls, reasoning, refusal }: ScriptedAnswer): boolean {
  return [text, toolCalls, reasoning, refusal].some((part) => part !== undefined);
}

function fromScript({ text = '', toolCalls = [], reasoning = '', refusal = '' }: ScriptedAnswer): Said {
  const calls = toolCalls.map(({ name, arguments: given }) => ({
    name,
    arguments: typeof given === 'string' ? given : JSON.stringify(given),
  }));
  return { text, reasoning, refusal, toolCalls: calls, finish: calls.length > 0 ? 'tool_calls' : 'stop' };
}

function unscripted(ask: Ask): Said {
  const reasoning = ask.reasoning ? writeReasoning(ask) : '';
  const call = callFor(ask);
  if (call) return { reasoning, text: '', refusal: '', toolCalls: [call], finish: 'tool_calls' };
  const text =
    ask.outputSchema === undefined
      ? writeText(ask)
      : JSON.stringify(sampleSchema(ask.outputSchema, { textFor: (name) => writeField(ask, name) }));
  return { reasoning, text, refusal: '', toolCalls: [], finish: 'stop' };
}

/** The tool that is asked for by name, or the first one while no tool has answered yet. */
function callFor(ask: Ask): AnsweredCall | undefined {
  const { tools, toolChoice, turns } = ask;
  if (toolChoice === 'none') return undefined;
  const forced = toolChoice !== 'auto';
  if (!forced && turns.some(({ role }) => role === 'tool')) return undefined;
  const tool = typeof toolChoice === 'object' ? tools.find(({ name }) => name === toolChoice.name) : tools[0];
  if (!tool) return undefined;
  const sample = sampleSchema({ type: 'object', ...recordOf(tool.schema) }, { textFor: (name) => writeField(ask, name) });
  return { name: tool.name, arguments: JSON.stringify(sample) };
}

/** Ends the text at a stop sequence, and everything at the most tokens the request allows. */
function limit(said: Said, { stop, maxOutputTokens }: Ask): Said {
  const stopped = atStop(said, stop);
  if (maxOutputTokens === undefined || outputTokens(stopped) <= maxOutputTokens) return stopped;
  const reasoning = firstTokens(stopped.reasoning, maxOutputTokens);
  const left = maxOutputTokens - countTokens(reasoning);
  // Half a tool call is no tool call.
  return {
    reasoning,
    text: firstTokens(stopped.text, left),
    refusal: firstTokens(stopped.refusal, left),
    toolCalls: [],
    finish: 'length',
  };
}

function atStop(said: Said, stop: readonly string[]): Said {
  const found = stop.map((sequence) => ({ sequence, at: said.text.indexOf(sequence) })).filter(({ at }) => at >= 0);
  const first = found.toSorted((a, b) => a.at - b.at)[0];
  return first ? { ...said, text: said.text.slice(0, first.at), finish: 'stop', stopSequence: first.sequence } : said;
}

function outputTokens({ reasoning, text, refusal, toolCalls }: Said): number {
  const calls = toolCalls.reduce((sum, call) => sum + countTokens(call.name) + countTokens(call.arguments), 0);
  return countTokens(reasoning) + countTokens(text) + countTokens(refusal) + calls;
}

function usageOf({ prompt }: Ask, said: Said, cached: CachedInput): AnswerUsage {
  return {
    inputTokens: promptTokens(prompt),
    outputTokens: outputTokens(said),
    reasoningTokens: countTokens(said.reasoning),
    ...cached,
  };
}

function definedOf(given: ScriptedAnswer['usage']): Partial<AnswerUsage> {
  return Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined));
}
