/** Two tasks on a model that says what it was asked for. `FAILS_AT` names a role that fails; `CALLS` is a file that counts. */
import { appendFileSync } from 'node:fs';
import { Agent, Crew, Task, type Model } from '@rolecall/core';

const { FAILS_AT: failsAt, CALLS: calls } = process.env;

const model: Model = async ({ role, messages }) => {
  if (calls !== undefined) appendFileSync(calls, `${role}\n`);
  if (role === failsAt) throw new Error('The key is not valid');
  const topic = /about (\w+)/.exec(JSON.stringify(messages))?.[1] ?? 'nothing';
  const usage = { inputTokens: 1_000, outputTokens: 50 };
  return { model: 'sim/one', text: `${role} on ${topic}`, toolCalls: [], finishReason: 'stop', usage };
};

const researcher = new Agent({ role: 'researcher', goal: 'Find facts', backstory: 'Curious' });
const writer = new Agent({ role: 'writer', goal: 'Write well', backstory: 'Patient' });
const research = new Task({ name: 'research', description: 'Read about {topic}', expectedOutput: 'Facts', agent: researcher });
const write = new Task({ name: 'write', description: 'Write about {topic}', expectedOutput: 'A post', agent: writer });

export const crew = new Crew({ name: 'blog', tasks: [research, write], model });
