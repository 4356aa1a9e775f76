import { expect, test } from 'vitest';
import { z } from 'zod';
import { Agent } from './agent.ts';
import { Crew } from './crew.ts';
import { progress } from './progress.ts';
import { Task } from './task.ts';
import { scriptedModel } from './testing.ts';
import { tool } from './tool.ts';

const agent = new Agent({ name: 'writer', role: 'Writer', goal: 'g', backstory: 'b' });
const [one, two] = ['one', 'second'].map((name) => new Task({ name, description: 'd', expectedOutput: 'e', agent })) as [
  Task,
  Task,
];
const maybe = new Task({ name: 'maybe', description: 'd', expectedOutput: 'e', agent, when: () => false });
const usage = { inputTokens: 10, outputTokens: 5 };

function screen(isTTY: boolean) {
  const written: string[] = [];
  return { written, isTTY, columns: 100, write: (text: string) => written.push(text) };
}

test('where the output is no terminal, each change is a line', async () => {
  const output = screen(false);
  const crew = new Crew({
    tasks: [one, two, maybe],
    model: scriptedModel([
      { text: 'a', usage },
      { text: 'b', usage },
    ]),
  });

  await crew.kickoff({}, { onEvent: progress(crew, { output }).onEvent });

  expect(output.written.map((line) => line.replace(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/u, '*').replaceAll(/\d\.\d s/g, 'N s'))).toEqual([
    '* writer  one       N s        0 tokens\n',
    '✓ writer  one       N s       15 tokens  scripted/model\n',
    '* writer  second    N s        0 tokens\n',
    '✓ writer  second    N s       15 tokens  scripted/model\n',
    '- writer  maybe   skipped\n',
  ]);
});

test('in a terminal the board is redrawn in place, ends in the last state, and leaves no timer', async () => {
  const output = screen(true);
  const crew = new Crew({ tasks: [one, two], model: scriptedModel(['a', new Error('down')]) });
  const board = progress(crew, { output });

  await crew.kickoff({}, { stream: true, onEvent: board.onEvent }).catch(() => undefined);
  const count = output.written.length;
  board.close();
  board.close();

  expect(output.written).toHaveLength(count);
  expect(output.written.at(-1)).toMatch(/✓ writer {2}one[\s\S]*✗ writer {2}second/);
});

test('a board stays within its columns, whatever the names are made of', async () => {
  const output = { ...screen(true), columns: 40 };
  const role = '高级研究员和数据分析师专家组长';
  const names = ['研究', `👩‍👩‍👧 ${'👍'.repeat(30)}`, 'two\nlines \u001B[31mred'];
  const tasks = names.map(
    (name) => new Task({ name, description: 'd', expectedOutput: 'e', agent: new Agent({ role, goal: 'g', backstory: 'b' }) }),
  );
  const crew = new Crew({ tasks, model: scriptedModel(['a', 'b', 'c']) });

  await crew.kickoff({}, { onEvent: progress(crew, { output }).onEvent });

  const lines = (output.written.at(-1) ?? '').split('\u001B[2K').slice(1);
  expect(lines).toEqual([`✓ ${role}  研究 \n`, `✓ ${role}  👩‍👩‍👧 👍\n`, `✓ ${role}  two l\n`]);
});

test('a board that is higher than its terminal is written line by line', async () => {
  const output = { ...screen(true), rows: 2 };
  const crew = new Crew({ tasks: [one, two], model: scriptedModel(['a', 'b']) });

  await crew.kickoff({}, { onEvent: progress(crew, { output }).onEvent });

  expect(output.written).toHaveLength(4);
  expect(output.written.join('')).not.toContain('\u001B');
});

test.each([true, false])('what a tool says in a warning does not steer a terminal (%s)', async (isTTY) => {
  const output = screen(isTTY);
  const broken = tool({
    name: 'broken',
    description: 'd',
    parameters: z.object({}),
    execute: () => {
      throw new Error('first\nsecond\u001B[2J\u009B1A\rthird');
    },
  });
  const task = new Task({ name: 'one', description: 'd', expectedOutput: 'e', agent, tools: [broken] });
  const crew = new Crew({
    tasks: [task],
    model: scriptedModel([{ toolCalls: [{ id: '1', name: 'broken', arguments: '{}' }] }, 'a']),
  });

  await crew.kickoff({}, { onEvent: progress(crew, { output }).onEvent });

  expect(output.written.join('')).toContain('! The tool broken failed in "one": first\nsecond[2J1Athird\n');
});

test('a warning stays above the board', async () => {
  const output = screen(true);
  const crew = new Crew({ tasks: [one], model: scriptedModel([{ text: 'a', finishReason: 'length' }]) });

  await crew.kickoff({}, { onEvent: progress(crew, { output }).onEvent });

  expect(output.written[0]).toContain('! The answer to "one" was cut off');
});

test('what is no crew is refused', () => {
  expect(() => progress({} as Crew)).toThrow('progress: crew is an object (Object), and has to be the Crew whose runs it shows');
});

test('an output that cannot be written to is refused', () => {
  const crew = new Crew({ tasks: [one], model: scriptedModel([]) });

  expect(() => progress(crew, { output: {} as never })).toThrow('progress: output is an object (Object), and has to be a stream');
});
