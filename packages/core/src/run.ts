/** The state of one kickoff. Definitions are immutable; whatever changes during a run is in here. */
import { untilAborted } from './abort.ts';
import type { Agent } from './agent.ts';
import { messageOf } from './errors.ts';
import type { CrewEvent, CrewListener, RunTag } from './events.ts';
import type { Inputs } from './interpolate.ts';
import type { RpmLimits } from './max-rpm.ts';
import type { Attempt, Model } from './model.ts';
import type { PromptStyle } from './prompt.ts';
import type { Steps } from './steps.ts';
import { stopwatch } from './stopwatch.ts';
import type { Task, TaskOutput } from './task.ts';
import type { Warning } from './warning.ts';

export type { KickoffOptions } from './kickoff-options.ts';

/** An event without the tags that every event of a run has. */
export type EventFacts = CrewEvent extends infer Event ? (Event extends CrewEvent ? Omit<Event, keyof RunTag> : never) : never;

export interface RunFacts {
  readonly id: string;
  readonly crew: string;
  readonly model: Model;
  readonly inputs: Inputs;
  readonly signal: AbortSignal | undefined;
  /** Models are asked to stream. */
  readonly stream: boolean;
  readonly steps: Steps;
  /** Finished steps outlive the process: what they are named has to say what they depend on. */
  readonly durable: boolean;
  /** Attempts in the journal that belong to work which has been replaced. */
  readonly superseded: () => readonly Attempt[];
  /** The members of the crew, to whom an agent may delegate. */
  readonly agents: readonly Agent[];
  readonly limits: RpmLimits;
  readonly promptStyle: PromptStyle;
  readonly retryAfterMs: number | undefined;
  readonly maxWaits: number;
}

export class Run implements RunFacts {
  readonly id: string;
  readonly crew: string;
  readonly model: Model;
  readonly inputs: Inputs;
  readonly signal: AbortSignal | undefined;
  readonly stream: boolean;
  readonly steps: Steps;
  readonly durable: boolean;
  readonly superseded: () => readonly Attempt[];
  readonly agents: readonly Agent[];
  readonly limits: RpmLimits;
  readonly promptStyle: PromptStyle;
  readonly retryAfterMs: number | undefined;
  readonly maxWaits: number;
  /** What the finished tasks gave, in order. */
  readonly outputs: Map<Task, TaskOutput> = new Map();
  /** Every attempt so far, those of the task under way included. */
  readonly attempts: Attempt[] = [];
  /** What had been streamed, by task, of an answer that then failed. */
  readonly partials: Map<string, string> = new Map();
  readonly warnings: Warning[] = [];
  readonly #listener: CrewListener | undefined;
  readonly #begunAt = Date.now();
  readonly #passedMs = stopwatch();
  #ended = false;

  constructor(facts: RunFacts, onEvent: CrewListener | undefined) {
    this.id = facts.id;
    this.crew = facts.crew;
    this.model = facts.model;
    this.inputs = facts.inputs;
    this.signal = facts.signal;
    this.stream = facts.stream;
    this.steps = facts.steps;
    this.durable = facts.durable;
    this.superseded = facts.superseded;
    this.agents = facts.agents;
    this.limits = facts.limits;
    this.promptStyle = facts.promptStyle;
    this.retryAfterMs = facts.retryAfterMs;
    this.maxWaits = facts.maxWaits;
    this.#listener = onEvent;
  }

  /** Somebody is told the events. */
  get isHeard(): boolean {
    return this.#listener !== undefined || this.steps.emit !== undefined;
  }

  /** Every attempt of the run as a whole, each once: those of earlier processes, and of work that was replaced, too. */
  spent(): readonly Attempt[] {
    return [...this.superseded(), ...this.attempts];
  }

  /** Milliseconds since the epoch: what is said of the run's times is taken from here. */
  clock(): number {
    return this.steps.clock?.() ?? this.#begunAt + this.#passedMs(); // it never goes back
  }

  emit(happened: EventFacts): void | Promise<void> {
    if (this.#ended || !this.isHeard) return undefined;
    const event = { ...happened, runId: this.id, crew: this.crew, at: Date.now() };
    const held = this.#tell(this.steps.emit, event);
    const alsoHeld = this.#tell(this.#listener, event);
    return held && alsoHeld ? held.then(() => alsoHeld) : (held ?? alsoHeld);
  }

  warn(warning: Warning): void | Promise<void> {
    this.warnings.push(warning);
    return this.emit({ type: 'warning', warning });
  }

  /** From here on nothing is emitted, whatever a late model or tool does. */
  end(): void {
    this.#ended = true;
  }

  #tell(listener: CrewListener | undefined, event: CrewEvent): void | Promise<void> {
    const failed = (cause: unknown): void => this.#listenerFailed(cause);
    try {
      const held = listener?.(event);
      if (typeof held?.then !== 'function') return undefined;
      const reported = Promise.resolve(held).catch(failed);
      return untilAborted(reported, this.signal).catch(() => undefined); // rejects for an abort alone, which others report
    } catch (error) {
      return failed(error);
    }
  }

  #listenerFailed(cause: unknown): void {
    if (this.warnings.some(({ code }) => code === 'listener_failed')) return;
    this.warnings.push({ code: 'listener_failed', message: `onEvent threw: ${messageOf(cause)}`, cause });
  }
}
