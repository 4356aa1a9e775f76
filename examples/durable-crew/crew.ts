// Two agents on a model that takes a second and costs nothing. A real crew differs in its model alone.
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, Crew, Task, type Model } from '@rolecall/core';

const model: Model = async ({ role, signal }) => {
  await delay(1_000, undefined, { signal });
  const usage = { inputTokens: 20, outputTokens: 5 };
  return { model: 'none/at-all', text: `What a ${role} says.`, toolCalls: [], finishReason: 'stop', usage };
};

const researcher = new Agent({ role: 'researcher', goal: 'Find facts', backstory: 'Curious' });
const writer = new Agent({ role: 'writer', goal: 'Write well', backstory: 'Patient' });
const research = new Task({ name: 'research', description: 'Research {topic}', expectedOutput: 'Facts', agent: researcher });
const write = new Task({ name: 'write', description: 'Write about {topic}', expectedOutput: 'A post', agent: writer });

export const crew = new Crew({ name: 'durable-blog', version: '1', tasks: [research, write], model });
