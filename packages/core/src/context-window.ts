/** Keeps a conversation within what a model can read, by counting before anything is sent. */
import { invalid, requireCount } from './check.ts';
import { isPlainObject } from './freeze.ts';
import type { Message, ModelSettings, Part, ToolDefinition } from './model.ts';
import { requireOptions, type OptionNames } from './option-names.ts';
import { droppedToolResult } from './prompt.ts';

const policies = ['error', 'drop_tool_results', 'summarise'] as const;

/** How much the agent's model can read, and what to do when a conversation would not fit. */
export interface ContextWindow {
  /** The model's whole window. What `settings.maxOutputTokens` reserves for the answer is taken off. */
  readonly maxTokens: number;
  /** Fail, replace the oldest tool results by a notice, or have the agent sum up its work so far. @default 'error' */
  readonly policy?: (typeof policies)[number] | undefined;
  /** Counts the tokens of a text. @default an estimate: a token for four ASCII characters, or for one of any other kind */
  readonly countTokens?: ((text: string) => number) | undefined;
}

const windowNames: OptionNames<ContextWindow> = { maxTokens: true, policy: true, countTokens: true };

export function takeContextWindow(owner: string, window: unknown, settings?: ModelSettings): ContextWindow | undefined {
  if (window === undefined) return undefined;
  if (!isPlainObject(window)) throw invalid(owner, 'contextWindow', window, 'an object with maxTokens');
  requireOptions(`${owner}: contextWindow`, window as Partial<ContextWindow>, windowNames);
  const { maxTokens, policy, countTokens } = window as Partial<ContextWindow>;
  if (maxTokens === undefined) throw invalid(owner, 'contextWindow.maxTokens', maxTokens, 'a whole number of tokens above 0');
  requireCount(owner, 'contextWindow.maxTokens', maxTokens, 'tokens');
  const { maxOutputTokens = 0 } = settings ?? {};
  if (maxTokens <= maxOutputTokens) {
    const valid = `more than the ${maxOutputTokens} tokens that settings.maxOutputTokens takes off`;
    throw invalid(owner, 'contextWindow.maxTokens', maxTokens, valid);
  }
  if (policy !== undefined && !policies.includes(policy)) {
    throw invalid(owner, 'contextWindow.policy', policy, `one of ${policies.join(', ')}`);
  }
  if (countTokens !== undefined && typeof countTokens !== 'function') {
    throw invalid(owner, 'contextWindow.countTokens', countTokens, 'a function');
  }
  return Object.freeze({ maxTokens, policy, countTokens });
}

/** The longest run of characters that may share tokens is not known here: this errs on the side of more. */
function estimate(text: string): number {
  // oxlint-disable-next-line no-control-regex -- the range is that of ASCII
  const others = text.replaceAll(/[\u0000-\u007F]+/g, '').length;
  return Math.ceil((text.length - others) / 4) + others;
}

/** What providers add around a message. */
const tokensAround = 4;
/** Providers count images by their pixels; this is about the most that one of ordinary size takes. */
const tokensOfMedia = 1_500;

/** Counts the messages of one conversation, each once. */
export class TokenCounter {
  readonly #count: (text: string) => number;
  readonly #known = new WeakMap<Message, number>();

  constructor({ countTokens }: ContextWindow) {
    this.#count = countTokens ?? estimate;
  }

  of(messages: readonly Message[]): number {
    return messages.reduce((sum, message) => sum + this.#ofMessage(message), 0);
  }

  ofTools(tools: readonly ToolDefinition[]): number {
    return tools.length === 0 ? 0 : this.#count(JSON.stringify(tools));
  }

  #ofMessage(message: Message): number {
    const known = this.#known.get(message);
    if (known !== undefined) return known;
    const { content } = message;
    const said = typeof content === 'string' ? this.#count(content) : content.reduce((sum, part) => sum + this.#ofPart(part), 0);
    const calls = message.role === 'assistant' ? (message.toolCalls ?? []) : [];
    const called = calls.reduce((sum, { name, arguments: text }) => sum + this.#count(name + text), 0);
    const tokens = tokensAround + said + called;
    this.#known.set(message, tokens);
    return tokens;
  }

  #ofPart(part: Part): number {
    return 'text' in part ? this.#count(part.text) : tokensOfMedia;
  }
}

/** Replaces tool results by a notice, the oldest first, until `fits`; those of the last turn stay. */
export function dropToolResults(
  messages: readonly Message[],
  fits: (messages: readonly Message[]) => boolean,
): readonly Message[] {
  const lastTurn = messages.findLastIndex(({ role }) => role === 'assistant');
  const kept = [...messages];
  for (let index = 0; index < lastTurn && !fits(kept); index++) {
    const message = kept[index];
    if (message?.role === 'tool') kept[index] = { ...message, content: droppedToolResult };
  }
  return kept;
}

/** What a summary can stand for: everything between the opening and the last turn, whose results were not read yet. */
export function splitForSummary(messages: readonly Message[]): {
  opening: readonly Message[];
  work: readonly Message[];
  last: readonly Message[];
} {
  const first = messages.findIndex(({ role }) => role === 'assistant');
  const lastTurn = messages.findLastIndex(({ role }) => role === 'assistant');
  if (first === -1) return { opening: messages, work: [], last: [] };
  return { opening: messages.slice(0, first), work: messages.slice(first, lastTurn), last: messages.slice(lastTurn) };
}
