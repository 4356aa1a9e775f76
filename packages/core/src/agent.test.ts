import { expect, test } from 'vitest';
import { z } from 'zod';
import { Agent, roleKey } from './agent.ts';
import { tool } from './tool.ts';

const valid = { role: 'Writer', goal: 'Write', backstory: 'You write.' };
const search = tool({ name: 'search', description: 'Searches.', parameters: z.object({}), execute: () => '' });

const ask = tool({ name: 'ask', description: 'Asks.', parameters: z.object({}), execute: () => '' });

test('an agent has its defaults', () => {
  const agent = new Agent(valid);

  expect(agent).toMatchObject({ ...valid, tools: [], maxIterations: 25, allowDelegation: false });
  expect([agent.maxRetries, agent.timeoutMs, agent.maxRpm, agent.systemPrompt, agent.contextWindow]).toEqual(
    Array(5).fill(undefined),
  );
  expect(agent.name).toBeUndefined();
  expect(agent.model).toBeUndefined();
  expect(agent.settings).toBeUndefined();
});

test('an agent is known by its name, or else by its role as written', () => {
  expect(roleKey(new Agent({ ...valid, name: 'writer' }))).toBe('writer');
  expect(roleKey(new Agent({ ...valid, role: 'Writer on {topic}' }))).toBe('Writer on {topic}');
});

test('an agent cannot be changed, nor can what it was made of change it', () => {
  const stop = ['END'];
  const tools = [search];
  const agent = new Agent({ ...valid, tools, settings: { stop } });

  stop.push('MORE');
  tools.pop();

  expect(agent.settings).toEqual({ stop: ['END'] });
  expect(agent.tools).toEqual([search]);
  expect(() => Object.assign(agent, { role: 'Editor' })).toThrow(TypeError);
  expect(() => Object.assign(agent.settings ?? {}, { temperature: 1 })).toThrow(TypeError);
});

test.each<[string, Record<string, unknown>, string]>([
  ['a missing role', { role: undefined }, 'Agent: role is undefined, and has to be a text that is not empty'],
  ['an empty goal', { goal: ' ' }, 'Agent "Writer": goal is " "'],
  ['a backstory of another type', { backstory: 7 }, 'Agent "Writer": backstory is 7'],
  ['an empty name', { name: '' }, 'Agent: name is ""'],
  ['an empty model', { model: '' }, 'Agent "Writer": model is ""'],
  ['no iterations', { maxIterations: 0 }, 'maxIterations is 0, and has to be a whole number above 0'],
  ['half an iteration', { maxIterations: 1.5 }, 'maxIterations is 1.5'],
  ['less than no retries', { maxRetries: -1 }, 'maxRetries is -1, and has to be a whole number, 0 or more'],
  ['a time limit of nothing', { timeoutMs: 0 }, 'timeoutMs is 0, and has to be a whole number of milliseconds above 0'],
  ['a time limit that no timer can wait', { timeoutMs: 2 ** 31 }, 'timeoutMs is 2147483648, and has to be a whole number'],
  ['half a request a minute', { maxRpm: 0.5 }, 'maxRpm is 0.5, and has to be a whole number above 0'],
  ['an empty system prompt', { systemPrompt: '' }, 'systemPrompt is ""'],
  ['delegation to somebody', { allowDelegation: 'editor' }, 'allowDelegation is "editor", and has to be true or false'],
  ['a tool named as one of delegation', { allowDelegation: true, tools: [ask] }, 'tools has "ask", which allowDelegation gives'],
  [
    'a window that the answer alone fills',
    { contextWindow: { maxTokens: 1_000 }, settings: { maxOutputTokens: 1_000 } },
    'contextWindow.maxTokens is 1000, and has to be more than the 1000 tokens that settings.maxOutputTokens takes off',
  ],
  ['a window without a size', { contextWindow: {} }, 'contextWindow.maxTokens is undefined'],
  ['a memory that is none', { memory: 'good' }, 'memory is "good"'],
  ['knowledge that is none', { knowledge: 'deep' }, 'knowledge is "deep"'],
  ['tools that are no array', { tools: search }, 'tools is an object (Object), and has to be an array of tools'],
  ['a tool not made by tool()', { tools: [() => 1] }, 'one of tools is a function, and has to be a tool made by tool()'],
  ['two tools of a name', { tools: [search, search] }, 'tools has "search" twice'],
  ['settings that are no object', { settings: 0.3 }, 'settings is 0.3'],
  ['an unknown setting', { settings: { temprature: 1 } }, 'settings has no "temprature"; valid are temperature, topP'],
  [
    'a setting of another type',
    { settings: { temperature: '0.3' } },
    'settings.temperature is "0.3", and has to be a finite number',
  ],
  ['no output tokens', { settings: { maxOutputTokens: 0 } }, 'settings.maxOutputTokens is 0'],
  ['an unknown effort', { settings: { reasoningEffort: 'huge' } }, 'has to be one of none, minimal, low, medium, high'],
  ['stop texts of another type', { settings: { stop: 'END' } }, 'settings.stop is "END", and has to be an array of texts'],
])('%s is refused, with the field, the value and what is valid', (_what, change, message) => {
  const make = (): Agent => new Agent({ ...valid, ...change });

  expect(make).toThrow(TypeError);
  expect(make).toThrow(message);
});

test('a long text is cut in a message', () => {
  expect(() => new Agent({ ...valid, maxIterations: 'x'.repeat(500) as unknown as number })).toThrow(/^.{1,140}$/);
});
