/** What an agent and its model have said to each other, and what of it is sent. */
import { dropToolResults, splitForSummary, TokenCounter, type ContextWindow } from './context-window.ts';
import { LoopFailure } from './loop-failure.ts';
import type { Message, ModelSettings, ToolDefinition } from './model.ts';
import { summaryOfWork } from './prompt.ts';

export interface WindowFacts {
  readonly window: ContextWindow;
  readonly tools: readonly ToolDefinition[];
  readonly settings: ModelSettings | undefined;
}

/** Asks the agent to sum up these messages. */
export type Summarise = (messages: readonly Message[]) => Promise<string>;

/** A conversation that is kept within a context window. */
export class Conversation {
  #messages: readonly Message[];
  readonly #window: ContextWindow | undefined;
  readonly #counter: TokenCounter | undefined;
  readonly #room: number;

  constructor(messages: readonly Message[], { window, tools, settings }: Partial<WindowFacts>) {
    this.#messages = messages;
    this.#window = window;
    if (window) this.#counter = new TokenCounter(window);
    this.#room = (window?.maxTokens ?? 0) - (settings?.maxOutputTokens ?? 0) - (this.#counter?.ofTools(tools ?? []) ?? 0);
  }

  get messages(): readonly Message[] {
    return this.#messages;
  }

  add(...messages: readonly Message[]): void {
    this.#messages = [...this.#messages, ...messages];
  }

  /** Makes it fit by the window's policy. Gives what was done, in words, or nothing when it did fit. */
  async fit(summarise: Summarise): Promise<string | undefined> {
    const counter = this.#counter;
    if (!counter) return undefined;
    const fits = (messages: readonly Message[]): boolean => counter.of(messages) <= this.#room;
    if (fits(this.#messages)) return undefined;

    const before = counter.of(this.#messages);
    const { policy = 'error' } = this.#window ?? {};
    if (policy === 'drop_tool_results') this.#messages = dropToolResults(this.#messages, fits);
    if (policy === 'summarise') {
      const { opening, work, last } = splitForSummary(this.#messages);
      if (work.length > 0) this.#messages = [...opening, summaryOfWork(await summarise([...opening, ...work])), ...last];
    }
    if (!fits(this.#messages)) {
      const needed = counter.of(this.#messages);
      throw new LoopFailure(
        'context_too_long',
        `the conversation is about ${needed} tokens, and there is room for ${this.#room}`,
      );
    }
    const how = policy === 'summarise' ? 'earlier work was summed up' : 'the oldest tool results were dropped';
    return `${how}, as about ${before} tokens do not fit where there is room for ${this.#room}`;
  }
}
