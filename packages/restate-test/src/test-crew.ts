/** The crew of the suite: its model and its tool are a server that counts, and does as a test says. */
import { Agent, Crew, Task, tool, type Model, type ModelResponse, type Schema, type TaskOptions } from '../../core/src/index.ts';

export interface CrewFacts {
  /** Where the model is. */
  readonly url: string;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  /** The last task waits for a person. @default false */
  readonly human?: boolean | undefined;
  /** The first task needs no tool, so that each task is one step. @default false */
  readonly short?: boolean | undefined;
  /** The first two tasks are done at the same time. @default false */
  readonly sideBySide?: boolean | undefined;
  readonly maxRpm?: number | undefined;
}

/** Three tasks, and five steps: a turn, a tool and a turn, then a turn each. */
export function testCrew({ url, name = 'report', version, human, short, sideBySide = false, maxRpm }: CrewFacts): Crew {
  const model: Model = async ({ role, messages, labels, signal }) => {
    const answer = await ask(`${url}/model`, { run: labels?.workflow, role, turn: messages.length }, signal);
    const { text = '', toolCalls = [] } = answer as { text?: string; toolCalls?: ModelResponse['toolCalls'] };
    return { model: 'sim/one', text, toolCalls, finishReason: 'stop', usage: { inputTokens: 10, outputTokens: 1 } };
  };
  const look = tool({
    name: 'look',
    description: 'Looks something up',
    parameters: anything,
    execute: async (_args, { idempotencyKey, signal }) => (await ask(`${url}/tool`, { key: idempotencyKey }, signal))['text'],
  });
  const first = short ? work('plan', { async: sideBySide }) : work('research', { tools: [look], async: sideBySide });
  const tasks = [first, work('write', { async: sideBySide }), work('edit', human ? { human: 'outside' } : {})];
  return new Crew({ name, version, tasks, maxRpm, model: Object.assign(model, { id: 'sim/one' }) });
}

function work(task: string, more: Partial<TaskOptions> = {}): Task {
  const agent = new Agent({ role: task, goal: 'Do it well', backstory: 'Ten years of it' });
  return new Task({ name: task, description: `${task} {topic}`, expectedOutput: 'Text', agent, ...more });
}

async function ask(url: string, body: unknown, signal: AbortSignal | undefined): Promise<Record<string, unknown>> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body), ...(signal && { signal }) });
  const answer = (await response.json()) as Record<string, unknown>;
  if (response.ok) return answer;
  if (response.status === 401) throw Object.assign(new Error('The key is not valid'), { model: 'sim/one', code: 'auth' });
  // What a router throws when nobody answered.
  const attempt = {
    id: crypto.randomUUID(),
    model: 'sim/one',
    startedAt: Date.now(),
    waitMs: 0,
    durationMs: 1,
    outcome: 'failed',
  };
  throw Object.assign(new Error('Every backend failed'), { isRouteError: true, attempts: [attempt] });
}

/** Takes what it is given. */
const anything: Schema = {
  '~standard': {
    validate: (value) => ({ value }),
    jsonSchema: { input: () => ({ type: 'object' }) },
  },
};
