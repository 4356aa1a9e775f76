import { expect, test } from 'vitest';
import { Agent } from './agent.ts';
import { Crew } from './crew.ts';
import { progress } from './progress.ts';
import { Task } from './task.ts';
import { scriptedModel } from './testing.ts';

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

test('a warning stays above the board', async () => {
  const output = screen(true);
  const crew = new Crew({ tasks: [one], model: scriptedModel([{ text: 'a', finishReason: 'length' }]) });

  await crew.kickoff({}, { onEvent: progress(crew, { output }).onEvent });

  expect(output.written[0]).toContain('! The answer to "one" was cut off');
});

test('an output that cannot be written to is refused', () => {
  const crew = new Crew({ tasks: [one], model: scriptedModel([]) });

  expect(() => progress(crew, { output: {} as never })).toThrow('progress: output is an object (Object), and has to be a stream');
});
