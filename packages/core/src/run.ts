/** The state of one kickoff. Definitions are immutable; whatever changes during a run is in here. */
import { untilAborted } from './abort.ts';
import { messageOf } from './errors.ts';
import type { CrewEvent, CrewListener, RunTag } from './events.ts';
import type { Inputs } from './interpolate.ts';
import type { Attempt, Model } from './model.ts';
import type { Task, TaskOutput } from './task.ts';
import type { Warning } from './warning.ts';

export interface KickoffOptions {
  /** Ends the run: it reaches the model and the tools. @default never */
  readonly signal?: AbortSignal | undefined;
  /** Told what happens, as it happens. @default nobody */
  readonly onEvent?: CrewListener | undefined;
  /** Asks models to stream, and emits their text as `delta` events. @default false */
  readonly stream?: boolean | undefined;
  /** Identifies the run in events, ledgers and traces. @default a random UUID */
  readonly runId?: string | undefined;
}

/** An event without the tags that every event of a run has. */
type EventFacts = CrewEvent extends infer Event ? (Event extends CrewEvent ? Omit<Event, keyof RunTag> : never) : never;

export interface RunFacts {
  readonly id: string;
  readonly crew: string;
  readonly model: Model;
  readonly inputs: Inputs;
  readonly signal: AbortSignal | undefined;
  /** Models are asked to stream. */
  readonly stream: boolean;
}

export interface Run extends RunFacts {
  /** What the finished tasks gave, in order. */
  readonly outputs: Map<Task, TaskOutput>;
  /** Every attempt so far, those of the task under way included. */
  readonly attempts: Attempt[];
  readonly warnings: Warning[];
  readonly emit: (facts: EventFacts) => void | Promise<void>;
  readonly warn: (warning: Warning) => void | Promise<void>;
  /** From here on nothing is emitted, whatever a late model or tool does. */
  readonly end: () => void;
}

export function createRun(facts: RunFacts, onEvent: CrewListener | undefined): Run {
  const { id: runId, crew, signal } = facts;
  const warnings: Warning[] = [];
  let ended = false;

  const listenerFailed = (cause: unknown): void => {
    if (warnings.some(({ code }) => code === 'listener_failed')) return;
    warnings.push({ code: 'listener_failed', message: `onEvent threw: ${messageOf(cause)}`, cause });
  };
  const emit = (event: EventFacts): void | Promise<void> => {
    if (ended || !onEvent) return undefined;
    try {
      const held = onEvent({ ...event, runId, crew, at: Date.now() });
      if (typeof held?.then !== 'function') return undefined;
      const reported = Promise.resolve(held).catch(listenerFailed);
      return untilAborted(reported, signal).catch(() => undefined); // rejects for an abort alone, which others report
    } catch (error) {
      return listenerFailed(error);
    }
  };
  const warn = (warning: Warning): void | Promise<void> => {
    warnings.push(warning);
    return emit({ type: 'warning', warning });
  };
  const end = (): void => {
    ended = true;
  };
  return { ...facts, outputs: new Map(), attempts: [], warnings, emit, warn, end };
}
