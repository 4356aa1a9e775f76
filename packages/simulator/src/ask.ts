/** A question and its answer in no provider's words: what every wire reads into and writes from. */
import { countTokens, tokensPerMedia, tokensPerMessage, tokensPerRequest } from './tokens.ts';

/** What a request asks for. */
export interface Ask {
  readonly model: string;
  readonly stream: boolean;
  readonly turns: readonly Turn[];
  readonly tools: readonly AskedTool[];
  readonly toolChoice: 'auto' | 'none' | 'required' | { readonly name: string };
  /** The JSON Schema the answer is to satisfy. */
  readonly outputSchema?: unknown;
  readonly maxOutputTokens?: number | undefined;
  readonly stop: readonly string[];
  /** The request wants the model to think first. */
  readonly reasoning: boolean;
  /** The prompt in the order the provider reads it: tools, system, messages. */
  readonly prompt: readonly PromptBlock[];
}

export interface Turn {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly text: string;
}

export interface AskedTool {
  readonly name: string;
  readonly schema: unknown;
}

/** A piece of the prompt, with what it costs and how long a provider is asked to remember everything up to it. */
export interface PromptBlock {
  readonly text: string;
  readonly tokens: number;
  readonly cache?: '5m' | '1h' | undefined;
}

export interface Answer {
  readonly reasoning: string;
  readonly text: string;
  readonly refusal: string;
  readonly toolCalls: readonly AnsweredCall[];
  readonly finish: Finish;
  /** The stop sequence that ended the text. */
  readonly stopSequence?: string | undefined;
  readonly usage: AnswerUsage;
  /** Into how many pieces a stream cuts the text; by size when not given. */
  readonly chunks?: number | undefined;
}

export type Finish = 'stop' | 'length' | 'tool_calls' | 'content_filter';

export interface AnsweredCall {
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
}

/** Inclusive totals and subsets of them. */
export interface AnswerUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** The part of `cacheWriteTokens` kept for an hour. */
  readonly cacheWrite1hTokens: number;
  readonly reasoningTokens: number;
}

export interface BlockOptions {
  /** The first block of a message bears the message's own tokens. */
  readonly opensMessage?: boolean | undefined;
  /** Not text: counted as one picture. */
  readonly media?: boolean | undefined;
  readonly cache?: '5m' | '1h' | undefined;
}

export function promptBlock(text: string, { opensMessage, media, cache }: BlockOptions = {}): PromptBlock {
  const own = media === true ? tokensPerMedia : countTokens(text);
  return { text, tokens: own + (opensMessage === true ? tokensPerMessage : 0), cache };
}

export function promptTokens(prompt: readonly PromptBlock[]): number {
  return prompt.reduce((sum, { tokens }) => sum + tokens, tokensPerRequest);
}
