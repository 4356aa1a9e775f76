/** A crew with everything switched on connects to its configured backends, and to nobody else. */
import dgram from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Socket, type TcpNetConnectOpts } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, Crew, fileJournal, progress, Task, tool } from '@rolecall/core';
import { createKnowledge } from '@rolecall/core/knowledge';
import { connectMcp } from '@rolecall/core/mcp';
import { createMemory } from '@rolecall/core/memory';
import { fetchPage } from '@rolecall/core/tools';
import { loadYaml } from '@rolecall/core/yaml';
import { startSimulator, type Simulator } from '@rolecall/simulator';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { startMcpServer, type HttpMcpServer } from '../../core/test/mcp-http-server.ts';
import { modelOf } from '../test/simulated.ts';

let folder: string;
let simulator: Simulator;
let http: HttpMcpServer;
/** What may be connected to, and what was. */
let allowed: readonly string[];
let connected: string[];
let refused: string[];
let restore: () => void;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-network-'));
  simulator = await startSimulator();
  http = await startMcpServer();
  allowed = [simulator.urls.openai, http.url].map((url) => new URL(url).host);
  [connected, refused] = [[], []];
  restore = denyOthers();
});
afterEach(async () => {
  restore();
  await http.close();
  await simulator.close();
  rmSync(folder, { recursive: true });
});

/** Every stream socket of Node connects through one method, those of `fetch` and of TLS too; datagrams leave through another. */
function denyOthers(): () => void {
  // oxlint-disable-next-line typescript/unbound-method -- put back as they were
  const [connect, send] = [Socket.prototype.connect, dgram.Socket.prototype.send];
  function guarded(this: Socket, ...args: unknown[]): Socket {
    const [{ host = 'localhost', port, path }] = args.flat() as [TcpNetConnectOpts & { path?: string }];
    const place = path ?? `${host}:${port}`;
    if (allowed.includes(place)) {
      connected.push(place);
      return Reflect.apply(connect, this, args) as Socket;
    }
    refused.push(place);
    return this.destroy(new Error(`${place} is not configured`));
  }
  Object.assign(Socket.prototype, { connect: guarded });
  Object.assign(dgram.Socket.prototype, { send: () => refused.push('a datagram') });
  return () => {
    Object.assign(Socket.prototype, { connect });
    Object.assign(dgram.Socket.prototype, { send });
  };
}

test('the guard sees what would be connected to', async () => {
  await expect(fetch('http://collector.invalid/v1/traces')).rejects.toThrow('fetch failed');

  expect(refused).toEqual(['collector.invalid:80']);
});

const call = (name: string, args: object) => ({ name, arguments: JSON.stringify(args) });

test('nothing is sent anywhere but to the model and to what was configured', async () => {
  const file = join(folder, 'handbook.md');
  writeFileSync(file, '# Refunds\n\nMoney goes back within fourteen days.\n');
  const [agents, tasks] = [join(folder, 'agents.yaml'), join(folder, 'tasks.yaml')];
  writeFileSync(agents, 'clerk:\n  role: Clerk\n  goal: Help\n  backstory: Kind.\n');
  writeFileSync(tasks, 'sort:\n  description: Sort the refunds\n  expected_output: A list\n  agent: clerk\n');
  const loaded = await loadYaml({ agents, tasks });
  const mcp = await connectMcp({ web: { url: http.url } });
  const double = tool({ name: 'double', description: 'd', parameters: z.object({ n: z.number() }), execute: ({ n }) => n * 2 });
  const agent = new Agent({
    name: 'writer',
    role: 'Writer',
    goal: 'Write',
    backstory: 'b',
    tools: [double, fetchPage(), ...mcp.tools],
    memory: createMemory({ file: join(folder, 'memory.jsonl') }),
    knowledge: createKnowledge({ files: [file] }),
    allowDelegation: true,
  });
  const judged = { guardrails: 'Is it polite?', outputFile: 'post.md', output: z.object({ title: z.string() }) };
  const post = new Task({ name: 'post', description: 'Write about refunds', expectedOutput: 'A post', agent, ...judged });
  simulator.answer({ text: '{"plans":[]}' });
  simulator.answer({ text: 'Sorted.' });
  simulator.answer({
    toolCalls: [
      call('double', { n: 2 }),
      call('fetch_page', { url: 'http://169.254.169.254/' }),
      call('web_find_city', { name: 'Bern' }),
      call('ask', { coworker: 'clerk', question: 'Which?' }),
    ],
  });
  simulator.answer({ text: 'The second.' });
  simulator.answer({ text: 'no JSON' });
  simulator.answer({ text: '{"title":"Refunds"}' });
  simulator.answer({ text: '{"pass":true}' });
  const all: readonly Task[] = [...loaded.tasks, post];
  const crew = new Crew({ tasks: all, model: modelOf(simulator), planning: true, outputRoot: folder });
  const journal = fileJournal(join(folder, 'runs'));
  const { onEvent } = progress(crew, { output: { write: () => true } });

  const result = await crew.kickoff({}, { journal, runId: 'r', onEvent, stream: true });
  await mcp.close();

  expect(result.text).toBe('{"title":"Refunds"}');
  expect(refused).toEqual([]);
  expect(new Set(connected)).toEqual(new Set(allowed));
});
