/** The runs of a crew as the server knows them: a workflow keyed by run id, so that there is one run an id is its promise. */
import {
  handlers,
  TerminalError,
  workflow,
  type WorkflowContext,
  type WorkflowDefinition,
  type WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { TaskError, type CrewResult, type JsonValue, type KickoffOptions } from '@rolecall/core';
import type { AnyCrew } from './definition.ts';
import type { DurableSettings } from './durable-options.ts';
import type { HandOver } from './hand-over.ts';
import { plainText } from './kept.ts';
import { LiveRuns } from './live-runs.ts';
import { portable, portableText } from './portable.ts';
import { RestateSteps, signalName, type Signalled } from './restate-steps.ts';
import { eventsFrom, RunEvents } from './run-events.ts';
import { errorCodes, type RunFailure, type RunRequest } from './run-request.ts';
import { sameCrewAs, type SameCrew } from './same-crew.ts';
import { serviceNameOf } from './service-name.ts';

const msPerDay = 86_400_000;

export function workflowOf(crew: AnyCrew, settings: DurableSettings, handOver: HandOver): WorkflowDefinition<string, unknown> {
  const { callTimeoutMs, retentionDays, maxLiveTasks } = settings;
  const serving = { sameCrew: sameCrewAs(crew), settings, runs: new LiveRuns(maxLiveTasks), handOver };
  return workflow({
    name: serviceNameOf(crew.name),
    handlers: {
      run: handlers.workflow.workflow({ output: plainText }, (ctx: WorkflowContext, request: RunRequest) =>
        runCrew(crew, ctx, request, serving),
      ),
      events: handlers.workflow.shared(eventsFrom),
      signal: handlers.workflow.shared(
        async (ctx: WorkflowSharedContext, { name, value }: { name: string; value: JsonValue }) => {
          await ctx.promise<Signalled>(signalName(name)).resolve({ value, at: Date.now() });
        },
      ),
      failure: handlers.workflow.shared((ctx: WorkflowSharedContext) => ctx.get<RunFailure>('failure')),
    },
    options: {
      workflowRetention: retentionDays * msPerDay,
      journalRetention: retentionDays * msPerDay,
      inactivityTimeout: callTimeoutMs,
      abortTimeout: callTimeoutMs,
      retryPolicy: {
        initialInterval: 100,
        maxInterval: 2_000,
        exponentiationFactor: 2,
        maxAttempts: 100_000,
        onMaxAttempts: 'pause',
      },
    },
  });
}

interface Serving {
  readonly sameCrew: SameCrew;
  readonly settings: DurableSettings;
  readonly runs: LiveRuns;
  readonly handOver: HandOver;
}

async function runCrew(
  crew: AnyCrew,
  ctx: WorkflowContext,
  request: RunRequest,
  { sameCrew, settings, runs, handOver }: Serving,
): Promise<string> {
  const begunAt = await sameCrew(ctx, request);
  const { inputs, tenant } = request;
  const { id, attemptCompletedSignal } = ctx.request();
  const live = runs.enter(id, attemptCompletedSignal);
  const { maxValueBytes, events, recordLost, retryAfterMs, maxWaits } = settings;
  const { signal } = live.attempt();
  const ours = { tenant, begunAt, live, signal, runs, events: events ? new RunEvents(ctx) : undefined };
  const steps = new RestateSteps({ ctx, runId: ctx.key, ...ours, maxValueBytes, recordsLost: recordLost });
  const part = handOver.join(steps);
  const options: KickoffOptions = { runId: ctx.key, steps: part.steps, signal, retryAfterMs, maxWaits };
  // The worker knows a crew only as some crew: what the inputs have to be is checked by the crew itself.
  const kickoff = crew.kickoff.bind(crew) as unknown as (given: JsonValue, options: KickoffOptions) => Promise<CrewResult>;
  try {
    const ended = outcomeOf(kickoff(inputs, options));
    const outcome = await Promise.race([ended, part.givenBack]);
    await steps.end();
    if ('result' in outcome) return outcome.result;
    const failure = failureOf(outcome.error, signal.aborted);
    ctx.set<RunFailure>('failure', failure);
    throw new TerminalError(failure.message, { errorCode: signal.aborted ? errorCodes.cancelled : errorCodes.failed });
  } finally {
    part.leave();
    runs.leave(id);
  }
}

/** The result as it is sent; the outputs by name are those of the list, which a client finds there. */
type Outcome = { readonly result: string } | { readonly error: unknown };

async function outcomeOf(run: Promise<CrewResult>): Promise<Outcome> {
  try {
    const { tasks: _tasks, ...result } = await run;
    return { result: portableText(result) };
  } catch (error) {
    return { error };
  }
}

function failureOf(error: unknown, isCancelled: boolean): RunFailure {
  const message = error instanceof Error ? error.message : String(error);
  const facts = TaskError.isInstance(error) ? portable(error) : undefined;
  return { status: isCancelled ? 'cancelled' : 'failed', message, error: facts };
}
