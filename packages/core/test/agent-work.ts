/** An agent's work in a run of its own, without a crew around it. */
import { Agent, type AgentOptions } from '../src/agent.ts';
import type { Work } from '../src/agent-loop.ts';
import type { CrewEvent } from '../src/events.ts';
import { RpmLimits } from '../src/max-rpm.ts';
import type { Model } from '../src/model.ts';
import { Run, type RunFacts } from '../src/run.ts';
import { plainSteps } from '../src/steps.ts';

export interface Setting extends Partial<RunFacts> {
  readonly agent?: Partial<AgentOptions> | undefined;
  /** Filled with what happens. */
  readonly events?: CrewEvent[] | undefined;
}

export function workOf(model: Model, { agent: options, events, ...facts }: Setting = {}): Work {
  const agent = new Agent({ name: 'writer', role: 'Writer', goal: 'Write', backstory: 'You write.', ...options });
  const run = new Run(
    {
      id: 'run',
      crew: 'crew',
      model,
      inputs: {},
      signal: undefined,
      stream: false,
      steps: plainSteps('run'),
      durable: false,
      superseded: () => [],
      agents: [agent],
      limits: new RpmLimits(undefined),
      promptStyle: 'labelled',
      retryAfterMs: undefined,
      maxWaits: 10,
      ...facts,
    },
    events && ((event) => void events.push(event)),
  );
  return {
    run,
    agent,
    tag: { task: 'write', taskIndex: 0, role: 'writer', attempt: 1 },
    tools: agent.tools,
    messages: [
      { role: 'system', content: 'You write.' },
      { role: 'user', content: 'Write.' },
    ],
    prefix: 'write',
    signal: run.signal,
    attempts: [],
  };
}
