/** What a crew's own features send, proved by the requests that reached a provider's HTTP. */
import { Agent, Crew, Task, type Model } from '@rolecall/core';
import { startSimulator, type Simulator } from '@rolecall/simulator';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { modelOf, textsOf } from '../test/simulated.ts';

let simulator: Simulator;
let model: Model;

beforeEach(async () => {
  simulator = await startSimulator();
  model = modelOf(simulator);
});
afterEach(() => simulator.close());

const say = (...texts: readonly string[]): void => {
  for (const text of texts) simulator.answer({ text });
};
const person = (name: string): Agent => new Agent({ name, role: `The ${name}`, goal: 'Be of use', backstory: 'Thorough.' });
const writer = person('writer');
const task = (name: string, options: object = {}): Task =>
  new Task({ name, description: `Do ${name}`, expectedOutput: 'Text', agent: writer, ...options });

test('a manager delegates, and the answer of the coworker returns to it', async () => {
  const crew = new Crew({ tasks: [task('post')], manager: person('boss'), model });
  const work = { coworker: 'writer', task: 'Write two lines about tea', context: 'For children' };
  simulator.answer({ toolCalls: [{ name: 'delegate', arguments: JSON.stringify(work) }] });
  say('Two lines about tea.', 'The boss has read them.');

  const { text } = await crew.kickoff();

  expect(simulator.requests).toHaveLength(3);
  expect(simulator.requests[0]?.body).toMatchObject({
    tools: [{ function: { name: 'delegate' } }, { function: { name: 'ask' } }],
  });
  expect(textsOf(simulator, 0).join()).toMatch(/You are The boss[^]*Do post/);
  expect(textsOf(simulator, 1).join()).toMatch(/You are The writer[^]*Write two lines about tea\n\nFor children/);
  expect(simulator.requests[1]?.body).not.toHaveProperty('tools');
  expect(textsOf(simulator, 2).at(-1)).toBe('Two lines about tea.');
  expect(text).toBe('The boss has read them.');
});

test('planning asks first, of all tasks, and changes the prompt of each', async () => {
  const plans = [
    { task: 'one', plan: 'Read, then write.' },
    { task: 'two', plan: 'Cut it by half.' },
  ];
  say(JSON.stringify({ plans }), 'ONE', 'TWO');

  await new Crew({ tasks: [task('one'), task('two')], planning: true, model }).kickoff();

  expect(textsOf(simulator, 0).join()).toMatch(/Do one[^]*Do two/);
  expect(textsOf(simulator, 1).join()).toMatch(/Do one[^]*Read, then write\./);
  expect(textsOf(simulator, 1).join()).not.toContain('Cut it by half.');
  expect(textsOf(simulator, 2).join()).toMatch(/Do two[^]*Cut it by half\./);
});

test('each context policy changes the request as it says', async () => {
  const [one, two, three, four] = [task('one'), task('two'), task('three'), task('four')];
  const context = [
    one,
    { task: two, maxTokens: 5 },
    { task: three, map: ({ text }: { text: string }) => text.toUpperCase() },
    { task: four, summarizedBy: person('clerk') },
  ];
  say('All of the first.', 'x'.repeat(400), 'third', 'The long fourth.', 'In short: four.', 'done');

  await new Crew({ tasks: [one, two, three, four, task('last', { context })], model }).kickoff();

  expect(simulator.requests).toHaveLength(6);
  expect(textsOf(simulator, 4).join()).toMatch(/You are The clerk[^]*The long fourth\./);
  const prompt = textsOf(simulator, 5).join();
  expect(prompt).toContain('All of the first.');
  expect(prompt).toContain(`${'x'.repeat(20)}\n[`);
  expect(prompt).not.toContain('x'.repeat(21));
  expect(prompt).toContain('THIRD');
  expect(prompt).toContain('In short: four.');
  expect(prompt).not.toContain('The long fourth.');
});

test('what a person says reaches the model, and leads to a second answer', async () => {
  const said = ['Shorter, please.', undefined];
  say('A long answer.', 'Short.');

  const result = await new Crew({ tasks: [task('post', { human: () => said.shift() })], model }).kickoff();

  expect(textsOf(simulator, 1).slice(-2)).toEqual(['A long answer.', expect.stringContaining('Shorter, please.')]);
  expect(textsOf(simulator, 1).slice(0, 2)).toEqual(textsOf(simulator, 0));
  expect(result.text).toBe('Short.');
  expect(result.taskOutputs[0]?.retries.human).toBe(1);
});

test('prompts in the frame of CrewAI leave unlabelled, as it frames them', async () => {
  say('ONE', 'TWO');

  await new Crew({ tasks: [task('one'), task('two')], compat: 'crewai', model }).kickoff();

  expect(textsOf(simulator, 1)).toEqual([
    expect.stringContaining('You are The writer. Thorough.\nYour personal goal is: Be of use'),
    expect.stringContaining("This is the context you're working with:\nONE"),
  ]);
});
