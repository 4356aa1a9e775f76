/** One call before the first task, for a plan of each. */
import type { Agent } from './agent.ts';
import { roleKey } from './agent.ts';
import { runAgent } from './agent-loop.ts';
import type { CrewPlan } from './crew-plan.ts';
import { isPlainObject } from './freeze.ts';
import { interpolate } from './interpolate.ts';
import { taskKey } from './journal/task-key.ts';
import { jsonIn } from './output.ts';
import { personaOf } from './persona.ts';
import { planningMessages } from './prompt.ts';
import type { Run } from './run.ts';

/** The plans by the names of their tasks. A task without one goes without, and a warning says so. */
export async function plansOf(
  { tasks, version, manager }: CrewPlan,
  planner: Agent,
  run: Run,
): Promise<ReadonlyMap<string, string>> {
  const described = tasks.map(({ name, description, expectedOutput, agent = manager, tools = agent?.tools ?? [] }) => ({
    name,
    description: interpolate(description, run.inputs),
    expectedOutput: interpolate(expectedOutput, run.inputs),
    role: interpolate(agent?.role ?? '', run.inputs),
    tools: tools.map(({ definition }) => definition.name),
  }));
  const messages = planningMessages(personaOf(planner, run.inputs), described);
  const prefix = run.durable ? `planning@${taskKey([version, messages, planner.model, planner.settings])}` : 'planning';
  const tag = { task: 'planning', taskIndex: -1, role: roleKey(planner), attempt: 1, aside: 'planning' as const };
  const { signal } = run;
  const { text } = await runAgent({ run, agent: planner, tag, tools: [], messages, prefix, signal, attempts: [] });

  const plans = plansIn(text);
  const without = tasks.filter(({ name }) => !plans.has(name)).map(({ name }) => name);
  if (without.length > 0) {
    await run.warn({ code: 'plan_unreadable', message: `The planner gave no plan for ${without.join(', ')}`, role: tag.role });
  }
  return plans;
}

function plansIn(text: string): ReadonlyMap<string, string> {
  for (const value of jsonIn(text)) {
    const plans: unknown = isPlainObject(value) ? value['plans'] : undefined;
    if (!Array.isArray(plans)) continue;
    return new Map(
      plans.flatMap((entry: unknown) => {
        const { task, plan } = isPlainObject(entry) ? entry : {};
        return typeof task === 'string' && typeof plan === 'string' ? [[task, plan] as const] : [];
      }),
    );
  }
  return new Map();
}
