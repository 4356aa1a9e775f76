/** Tools, MCP servers, memory, knowledge and YAML, each in a crew, proved by the requests that reached a provider's HTTP. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, Crew, Task, type Model } from '@rolecall/core';
import { createKnowledge } from '@rolecall/core/knowledge';
import { connectMcp } from '@rolecall/core/mcp';
import { createMemory } from '@rolecall/core/memory';
import { fetchPage, readFile } from '@rolecall/core/tools';
import { loadYaml } from '@rolecall/core/yaml';
import { startSimulator, type Simulator } from '@rolecall/simulator';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startMcpServer } from '../../core/test/mcp-http-server.ts';
import { modelOf, textsOf } from '../test/simulated.ts';

let simulator: Simulator;
let model: Model;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-e2e-'));
});
beforeEach(async () => {
  simulator = await startSimulator();
  model = modelOf(simulator);
});
afterEach(() => simulator.close());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const persona = { name: 'clerk', role: 'Clerk', goal: 'Answer', backstory: 'Thorough.' };
const work = { name: 'work', expectedOutput: 'An answer' };

/** Calls one tool, then answers. */
function script(name: string, args: object): void {
  simulator.answer({ toolCalls: [{ name, arguments: JSON.stringify(args) }] });
  simulator.answer({ text: 'Done.' });
}

describe('tools', () => {
  test('MCP servers over standard input and output and over HTTP are called, and their results reach the model', async () => {
    const http = await startMcpServer();
    const program = { command: process.execPath, args: [join(import.meta.dirname, '../../core/test/mcp-stdio-server.mjs')] };
    const mcp = await connectMcp({ sums: program, web: { url: http.url } });
    const agent = new Agent({ ...persona, tools: mcp.tools });
    const crew = new Crew({ tasks: [new Task({ ...work, description: 'Add, then find', agent })], model });
    simulator.answer({ toolCalls: [{ name: 'sums_add', arguments: '{"a":20,"b":22}' }] });
    simulator.answer({ toolCalls: [{ name: 'web_find_city', arguments: '{"name":"Kyoto"}' }] });
    simulator.answer({ toolCalls: [{ name: 'web_large', arguments: '{}' }] });
    simulator.answer({ text: 'Done.' });

    const result = await crew.kickoff();
    await mcp.close();
    await http.close();

    expect(result.text).toBe('Done.');
    expect(textsOf(simulator, 1).at(-1)).toBe('42');
    expect(textsOf(simulator, 2).at(-1)).toBe('Kyoto: found');
    expect((textsOf(simulator, 3).at(-1) ?? '').length).toBeLessThan(51_000);
    expect(simulator.requests[0]?.body).toMatchObject({
      tools: expect.arrayContaining([
        {
          type: 'function',
          function: expect.objectContaining({ name: 'sums_add', parameters: expect.objectContaining({ required: ['a', 'b'] }) }),
        },
      ]),
    });
  });

  test('a page is fetched, and a private address refused in words that reach the model', async () => {
    const site: Server = createServer((_request, response) =>
      response.setHeader('content-type', 'text/html').end('<h1>Tea</h1>'),
    );
    await new Promise<void>((resolve) => {
      site.listen(0, '127.0.0.1', resolve);
    });
    const { port } = site.address() as AddressInfo;
    const tools = [fetchPage({ allowAddresses: ['127.0.0.1'] })];
    const crew = new Crew({
      tasks: [new Task({ ...work, description: 'Read', agent: new Agent({ ...persona, tools }) })],
      model,
    });
    simulator.answer({ toolCalls: [{ name: 'fetch_page', arguments: `{"url":"http://127.0.0.1:${port}/"}` }] });
    script('fetch_page', { url: 'http://169.254.169.254/latest/meta-data/' });

    const { warnings } = await crew.kickoff();
    await new Promise((resolve) => {
      site.close(resolve);
    });

    expect(textsOf(simulator, 1).at(-1)).toContain('# Tea');
    expect(textsOf(simulator, 2).at(-1)).toContain('169.254.169.254 is refused: it is link-local');
    expect(warnings.map(({ code }) => code)).toEqual(['tool_failed']);
  });

  test('a file inside the folder is read, and one outside is not', async () => {
    const inside = join(folder, 'inside');
    mkdirSync(inside);
    writeFileSync(join(inside, 'note.txt'), 'The note');
    writeFileSync(join(folder, 'secret.txt'), 'SECRET');
    const tools = [readFile({ folder: inside })];
    const crew = new Crew({
      tasks: [new Task({ ...work, description: 'Read', agent: new Agent({ ...persona, tools }) })],
      model,
    });
    simulator.answer({ toolCalls: [{ name: 'read_file', arguments: '{"path":"note.txt"}' }] });
    script('read_file', { path: '../secret.txt' });

    await crew.kickoff();

    expect(textsOf(simulator, 1).at(-1)).toBe('The note');
    expect(textsOf(simulator, 2).at(-1)).toContain('outside of the folder');
    expect(JSON.stringify(simulator.requests)).not.toContain('SECRET');
  });
});

function remembering(file: string): Crew {
  const agent = new Agent({ ...persona, memory: createMemory({ file }) });
  return new Crew({ tasks: [new Task({ ...work, description: 'Choose colours for the client', agent })], model });
}

describe('memory', () => {
  test('an answer is recalled by a later run, after a restart, at the end of the prompt', async () => {
    const file = join(folder, 'memory.jsonl');
    simulator.answer({ text: 'The client dislikes purple.' });
    simulator.answer({ text: 'Green, then.' });

    await remembering(file).kickoff();
    await remembering(file).kickoff();

    expect(textsOf(simulator, 0).join()).not.toContain('You remember');
    expect(textsOf(simulator, 1)[1]).toMatch(
      /Choose colours[^]*You remember this[^]*From "work" ---\nThe client dislikes purple\./,
    );
  });

  test('a memory that cannot keep an answer is a warning, and the answer is there', async () => {
    const memory = { remember: () => Promise.reject(new Error('disk full')), recall: async () => [] };
    const crew = new Crew({
      tasks: [new Task({ ...work, description: 'Answer', agent: new Agent({ ...persona, memory }) })],
      model,
    });
    simulator.answer({ text: 'An answer.' });

    const { text, warnings } = await crew.kickoff();

    expect(text).toBe('An answer.');
    expect(warnings).toMatchObject([{ code: 'memory_failed', message: expect.stringContaining('disk full') }]);
  });

  test('a memory that cannot recall fails the task before anything is asked', async () => {
    const memory = { remember: async () => undefined, recall: () => Promise.reject(new Error('broken')) };
    const crew = new Crew({
      tasks: [new Task({ ...work, description: 'Answer', agent: new Agent({ ...persona, memory }) })],
      model,
    });

    await expect(crew.kickoff()).rejects.toMatchObject({ code: 'hook_failed', message: expect.stringContaining('broken') });
    expect(simulator.requests).toHaveLength(0);
  });
});

test('knowledge reaches the prompt, as far as it bears on the task', async () => {
  const file = join(folder, 'handbook.md');
  writeFileSync(file, '# Handbook\n\n## Refunds\n\nMoney goes back within fourteen days.\n\n## Hours\n\nNine to five.\n');
  const agent = new Agent({ ...persona, knowledge: createKnowledge({ files: [file] }) });
  const task = new Task({ ...work, description: 'Answer: {question}', agent });
  simulator.answer({ text: 'Fourteen days.' });

  await new Crew({ tasks: [task], model }).kickoff({ question: 'when does a refund arrive?' });

  const [, prompt] = textsOf(simulator, 0);
  expect(prompt).toContain(`--- From ${file}, Handbook › Refunds ---\nMoney goes back within fourteen days.`);
  expect(prompt).not.toContain('Nine to five');
});

test('agents and tasks out of YAML run as a crew', async () => {
  const [agents, tasks] = [join(folder, 'agents.yaml'), join(folder, 'tasks.yaml')];
  writeFileSync(agents, 'writer:\n  role: >\n    {topic} Writer\n  goal: Write\n  backstory: Terse.\n');
  writeFileSync(tasks, 'write:\n  description: Write about {topic}\n  expected_output: A post\n  agent: writer\n');
  const loaded = await loadYaml({ agents, tasks });
  simulator.answer({ text: 'A post.' });

  const result = await new Crew({ tasks: loaded.tasks, model }).kickoff({ topic: 'tea' });

  expect(result.taskOutputs[0]?.text).toBe('A post.');
  expect(textsOf(simulator, 0).join()).toMatch(/You are tea Writer\.[^]*Write about tea/);
});
