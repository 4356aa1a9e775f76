// Three tasks, each built on the ones before, whole: every way to run them that is compared in crew-cost.mjs.
import { Agent, Crew, Task } from '@rolecall/core';
import { pooledFetch } from '@rolecall/router';
import { openai } from '@rolecall/router/openai';

const apiKey = 'sk-bench';
const topic = 'the tide';
const people = [
  ['Researcher', 'Find out all about {topic}', 'You dig deep.', 'Research {topic}', 'Key points'],
  ['Writer', 'Write so that people read on', 'You have written for years.', 'Write a post about {topic}', 'A post'],
  ['Editor', 'Leave no word that is not needed', 'You are strict and kind.', 'Edit the post about {topic}', 'The post'],
].map(([role, goal, backstory, description, expectedOutput]) => ({ role, goal, backstory, description, expectedOutput }));
const filled = (text) => text.replace('{topic}', topic);

function messagesFor({ role, goal, backstory, description, expectedOutput }, outputs) {
  const context = outputs.map((output, index) => `--- Output of "${people[index].role}" ---\n${output}`).join('\n\n');
  return [
    { role: 'system', content: `You are ${role}. ${backstory}\nThe goal you work towards: ${filled(goal)}` },
    { role: 'user', content: `Your task: ${filled(description)}\n\nA good answer: ${expectedOutput}\n\n${context}` },
  ];
}

/** The three calls as one would write them without a crew, on the same client. */
async function byHand(url, fetch) {
  const { OpenAI } = await import('openai');
  const client = new OpenAI({ apiKey, baseURL: url, fetch, maxRetries: 0 });
  return async () => {
    const outputs = [];
    for (const person of people) {
      const answer = await client.chat.completions.create({ model: 'gpt-4o', messages: messagesFor(person, outputs) });
      outputs.push(answer.choices[0].message.content);
    }
    return outputs;
  };
}

async function crew(url, fetch) {
  const model = openai('gpt-4o', { apiKey, baseURL: url, provider: 'openai', fetch });
  const tasks = people.map(({ role, goal, backstory, description, expectedOutput }) => {
    const agent = new Agent({ role, goal, backstory });
    return new Task({ name: role, description, expectedOutput, agent });
  });
  const three = new Crew({ tasks, model });
  return async () => {
    const { taskOutputs } = await three.kickoff({ topic });
    return taskOutputs;
  };
}

async function vercel(url) {
  const { generateText } = await import('ai');
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
  const model = createOpenAICompatible({ name: 'openai', apiKey, baseURL: url })('gpt-4o');
  return async () => {
    const outputs = [];
    for (const person of people) {
      const [{ content: system }, { content: prompt }] = messagesFor(person, outputs);
      outputs.push((await generateText({ model, system, prompt, maxRetries: 0 })).text);
    }
    return outputs;
  };
}

async function agents(url) {
  const { Agent: OpenAIAgent, OpenAIChatCompletionsModel, run, setTracingDisabled } = await import('@openai/agents');
  const { OpenAI } = await import('openai');
  setTracingDisabled(true);
  const model = new OpenAIChatCompletionsModel(new OpenAI({ apiKey, baseURL: url, maxRetries: 0 }), 'gpt-4o');
  const team = people.map(
    (person) => new OpenAIAgent({ name: person.role, instructions: messagesFor(person, [])[0].content, model }),
  );
  return async () => {
    const outputs = [];
    for (const [index, agent] of team.entries()) {
      outputs.push((await run(agent, messagesFor(people[index], outputs)[1].content)).finalOutput);
    }
    return outputs;
  };
}

/** A team runs once, so each run has its own. Its agents read an answer only from an object that holds `finalAnswer`. */
async function kaiban(url) {
  process.env.KAIBAN_TELEMETRY_OPT_OUT = 'true'; // it reports to its makers otherwise
  const { Agent: KaibanAgent, Task: KaibanTask, Team } = await import('kaibanjs');
  const apiBaseUrl = url.replace('/v1', '/final-answer/v1');
  const llmConfig = { provider: 'openai', model: 'gpt-4o', apiKey, apiBaseUrl, maxRetries: 0 };
  return async () => {
    const members = people.map(
      ({ role, goal, backstory }) => new KaibanAgent({ name: role, role, goal, background: backstory, llmConfig }),
    );
    const tasks = people.map(
      ({ description, expectedOutput }, index) => new KaibanTask({ description, expectedOutput, agent: members[index] }),
    );
    const { result, stats } = await new Team({
      name: 'Post',
      agents: members,
      tasks,
      inputs: { topic },
      logLevel: 'error',
    }).start();
    if (result === null) throw new Error('the team has no result');
    return Array.from({ length: stats.llmUsageStats.callsCount });
  };
}

const counted = (make) => async (url, path, fetch) => {
  const call = await make(`${url}${path}`, fetch);
  return async () => {
    const outputs = await call();
    if (outputs.length !== people.length) throw new Error(`${outputs.length} answers came`);
  };
};

const ways = {
  'by hand, global fetch': (url, path) => counted(byHand)(url, path, globalThis.fetch),
  'by hand, pooled': (url, path) => counted(byHand)(url, path, pooledFetch()),
  'crew, global fetch': (url, path) => counted(crew)(url, path, globalThis.fetch),
  'crew, pooled': (url, path) => counted(crew)(url, path, pooledFetch()),
  'Vercel AI SDK 6': counted(vercel),
  '@openai/agents': counted(agents),
  KaibanJS: counted(kaiban),
};

export const names = Object.keys(ways);
const on = (path, suffix = '') => Object.fromEntries(names.map((name) => [name + suffix, (url) => ways[name](url, path)]));

/** At once, and with every answer 50 ms away. */
export const slow = ', 50 ms a call';
export const subjects = { ...on('/v1'), ...on('/slow/v1', slow) };
