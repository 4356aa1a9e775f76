/** Run by the kill test: one crew on one journal, whose model and tool are a server that counts. Prints its result, or why there is none. */
import { z } from 'zod';
import { Agent, Crew, fileJournal, Task, tool, type Model, type ModelResponse } from '../src/index.ts';

const [url = '', folder = '', retryAfterMs = ''] = process.argv.slice(2);

async function ask(path: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) });
  const answer = (await response.json()) as Record<string, unknown>;
  if (response.ok) return answer;
  // What a router throws when nobody answered.
  throw Object.assign(new Error('Every backend failed'), { isRouteError: true, attempts: [] });
}

const model: Model = async ({ role, messages }) => {
  const { text, toolCalls } = await ask('/model', { role, turn: messages.length });
  const usage = { inputTokens: 1 };
  return { model: 'a/b', text, toolCalls, finishReason: 'stop', usage } as ModelResponse;
};

const look = tool({
  name: 'look',
  description: 'Looks something up.',
  parameters: z.object({ role: z.string() }),
  execute: async ({ role }, { idempotencyKey }) => (await ask('/tool', { role, idempotencyKey }))['text'],
});

const taskFor = (name: string): Task =>
  new Task({
    name,
    description: `Do the work of the ${name}`,
    expectedOutput: 'Text',
    agent: new Agent({ name, role: name, goal: 'g', backstory: 'b', tools: [look] }),
  });

const crew = new Crew({ tasks: ['researcher', 'writer', 'editor'].map(taskFor), model });
try {
  const { text, attempts, usage, warnings, taskOutputs } = await crew.kickoff(
    {},
    { journal: fileJournal(folder), runId: 'run', retryAfterMs: retryAfterMs === '' ? undefined : Number(retryAfterMs) },
  );
  const texts = taskOutputs.map((output) => output.text);
  const result = {
    text,
    texts,
    usage,
    interrupted: attempts.filter(({ code }) => code === 'interrupted').length,
    calls: attempts.length,
  };
  process.stdout.write(JSON.stringify({ ...result, warnings: warnings.map(({ code }) => code) }));
} catch (error) {
  process.stdout.write(JSON.stringify({ error: String(error), code: (error as { code?: unknown }).code }));
}
