// A crew whose run outlives this program. It takes a Restate server on this machine: `npx @restatedev/restate-server`.
import { Agent, Crew, Task, type Model } from '@rolecall/core';
import { connect, durable } from '@rolecall/restate';

const model: Model = async ({ role }) => ({
  model: 'none/at-all',
  text: `What a ${role} says.`,
  toolCalls: [],
  finishReason: 'stop',
  usage: { inputTokens: 20, outputTokens: 5 },
});

const researcher = new Agent({ role: 'researcher', goal: 'Find facts', backstory: 'Curious' });
const writer = new Agent({ role: 'writer', goal: 'Write well', backstory: 'Patient' });
const research = new Task({ name: 'research', description: 'Research {topic}', expectedOutput: 'Facts', agent: researcher });
const write = new Task({ name: 'write', description: 'Write about {topic}', expectedOutput: 'A post', agent: writer });
const crew = new Crew({ name: 'durable-blog', version: '1', tasks: [research, write], model });

const runs = connect({ ingress: process.env['RESTATE_INGRESS'], admin: process.env['RESTATE_ADMIN'] });
const worker = await durable(crew).listen(0);
try {
  await runs.register(`http://127.0.0.1:${worker.port}`);
  const runId = `post-${Date.now()}`;
  const run = await runs.kickoff(crew, { topic: 'tea' }, { runId });
  for await (const event of run.events()) console.log(event.type, 'task' in event ? event.task : '');

  const again = await runs.kickoff(crew, { topic: 'tea' }, { runId });
  const [first, second] = [await run.result(), await again.result()];
  console.log(`${(await run.status()).status}: ${first.text}`);
  console.log(first.attempts[0]?.id === second.attempts[0]?.id ? 'Asked for twice, it is the same run.' : 'Two runs?');
} finally {
  await worker.close();
}
