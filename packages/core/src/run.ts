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

export interface Run extends RunFacts {
  /** What the finished tasks gave, in order. */
  readonly outputs: Map<Task, TaskOutput>;
  /** Every attempt so far, those of the task under way included. */
  readonly attempts: Attempt[];
  /** What had been streamed, by task, of an answer that then failed. */
  readonly partials: Map<string, string>;
  readonly warnings: Warning[];
  /** Somebody is told the events. */
  readonly isHeard: boolean;
  /** Milliseconds since the epoch: what is said of the run's times is taken from here. */
  readonly clock: () => number;
  readonly emit: (facts: EventFacts) => void | Promise<void>;
  readonly warn: (warning: Warning) => void | Promise<void>;
  /** Every attempt of the run as a whole, each once: those of earlier processes, and of work that was replaced, too. */
  readonly spent: () => readonly Attempt[];
  /** From here on nothing is emitted, whatever a late model or tool does. */
  readonly end: () => void;
}

export function createRun(facts: RunFacts, onEvent: CrewListener | undefined): Run {
  const { id: runId, crew, signal, steps } = facts;
  const attempts: Attempt[] = [];
  const warnings: Warning[] = [];
  const listeners = [steps.emit, onEvent].filter((listener) => listener !== undefined);
  let ended = false;

  const listenerFailed = (cause: unknown): void => {
    if (warnings.some(({ code }) => code === 'listener_failed')) return;
    warnings.push({ code: 'listener_failed', message: `onEvent threw: ${messageOf(cause)}`, cause });
  };
  const tell = (listener: CrewListener, event: CrewEvent): void | Promise<void> => {
    try {
      const held = listener(event);
      if (typeof held?.then !== 'function') return undefined;
      const reported = Promise.resolve(held).catch(listenerFailed);
      return untilAborted(reported, signal).catch(() => undefined); // rejects for an abort alone, which others report
    } catch (error) {
      return listenerFailed(error);
    }
  };
  const emit = (happened: EventFacts): void | Promise<void> => {
    const [listener, other] = listeners;
    if (ended || !listener) return undefined;
    const event = { ...happened, runId, crew, at: Date.now() };
    const held = tell(listener, event);
    const alsoHeld = other && tell(other, event);
    return held && alsoHeld ? held.then(() => alsoHeld) : (held ?? alsoHeld);
  };
  const warn = (warning: Warning): void | Promise<void> => {
    warnings.push(warning);
    return emit({ type: 'warning', warning });
  };
  const end = (): void => {
    ended = true;
  };
  const spent = (): readonly Attempt[] => [...facts.superseded(), ...attempts];
  return {
    id: runId,
    crew,
    model: facts.model,
    inputs: facts.inputs,
    signal,
    stream: facts.stream,
    steps,
    durable: facts.durable,
    superseded: facts.superseded,
    agents: facts.agents,
    limits: facts.limits,
    promptStyle: facts.promptStyle,
    retryAfterMs: facts.retryAfterMs,
    maxWaits: facts.maxWaits,
    outputs: new Map(),
    attempts,
    partials: new Map(),
    warnings,
    isHeard: listeners.length > 0,
    clock: steps.clock ?? Date.now,
    emit,
    warn,
    spent,
    end,
  };
}
