// The programs that `check-pack.mjs` writes into its empty apps, as the people would who install the packages.

/** A ledger, its price table and its page, which is loaded with the first one, from CommonJS. */
export const ledgerFromCommonJs = `const { CostTracker, costOf, perThousand } = require('@rolecall/cost-tracker');
const tracker = new CostTracker({ prices: { m: perThousand(0.03) } });
tracker.record({ model: 'm', inputTokens: 1000, outputTokens: 0 });
const { usd } = costOf({ provider: 'openai', model: 'gpt-4o-mini', usage: { inputTokens: 12, outputTokens: 8 }, at: Date.parse('2026-11-01') });
tracker.html({ title: 'Packed' }).then((page) => console.log(process.version, tracker.summary().costUsd, usd, page.includes('<title>Packed</title>')));
`;

/** Loads every entry by import and by require, and looks at what came with them. */
export const loadingOf = (entries) => `import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
for (const entry of ${JSON.stringify(entries)}) {
  const imported = await import(entry);
  if (Object.keys(imported).length === 0) throw new Error(entry + ' exports nothing');
  if (require(entry) !== imported && Object.keys(require(entry)).length === 0) throw new Error(entry + ' cannot be required');
}
const heavy = Object.keys(require.cache).filter((file) => /genai-prices|openai|anthropic|groq|ollama|zod|undici|modelcontextprotocol|minisearch|htmlparser2/.test(file) && !/@rolecall/.test(file));
if (heavy.length > 0) throw new Error('importing loaded ' + heavy.join());
`;

/** A crew on a router whose first backend has no SDK. */
export const crewOnRouter = `import { Agent, Crew, Task } from '@rolecall/core';
import { CostTracker } from '@rolecall/cost-tracker';
import { createRouter } from '@rolecall/router';
import { groq } from '@rolecall/router/groq';
import { openai } from '@rolecall/router/openai';
import { startSimulator } from '@rolecall/simulator';
const simulator = await startSimulator();
const tracker = new CostTracker();
const router = createRouter({
  models: { fast: groq('openai/gpt-oss-120b', { apiKey: 'k' }), gpt: openai('gpt-4.1', { apiKey: 'k', baseURL: simulator.urls.openai, provider: 'openai', local: false }) },
  roles: { default: ['fast', 'gpt'] },
  wrap: [tracker.wrap],
});
const agent = new Agent({ role: 'Writer', goal: 'Write', backstory: 'A writer.' });
const task = new Task({ name: 'write', description: 'Write about {topic}', expectedOutput: 'A post', agent });
const { text, attempts, costUsd } = await new Crew({ tasks: [task], model: router }).kickoff({ topic: 'tea' });
await simulator.close();
console.log(JSON.stringify({ said: text.length > 0, attempts: attempts.map(({ name, code }) => [name, code]), costUsd, ledgerUsd: tracker.summary().costUsd }));
`;

/** Runs the packed commands as processes: the simulator and the gateway until they are told to stop. */
export const driveOfCommands = `import { execFile, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
const rolecall = 'node_modules/.bin/rolecall';
const once = (args, env) => new Promise((resolve) =>
  execFile(rolecall, args, { env }, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr })));
const start = (args, env, said) => new Promise((resolve, reject) => {
  const child = spawn(rolecall, args, { env });
  let text = '';
  const listen = (chunk) => { text += chunk; if (text.includes(said)) resolve({ child, text }); };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  child.on('exit', (code) => reject(new Error(args[0] + ' exited with ' + code + ': ' + text)));
});
const stop = ({ child }) => new Promise((resolve) => { child.removeAllListeners('exit'); child.on('exit', resolve); child.kill('SIGTERM'); });
const ports = ['--openai', '0', '--anthropic', '0', '--groq', '0', '--ollama', '0'];
const variables = ({ text }) => Object.fromEntries([...text.matchAll(/(\\w+_(?:BASE_URL|API_KEY|HOST))=(\\S+)/g)].map(([, name, value]) => [name, value]));

const version = (await once(['--version'], process.env)).stdout.trim();
const simulator = await start(['simulate', ...ports], process.env, 'Ctrl-C');
const crippled = await start(['simulate', ...ports, '--down', 'groq'], process.env, 'Ctrl-C');
const env = { ...process.env, ...variables(simulator) };
const file = readFileSync('litellm_config.yaml', 'utf8');
const at = (url) => file.replaceAll('http://localhost:11434', url);
writeFileSync('litellm_config.yaml', at(env.OLLAMA_HOST));
const checked = await once(['check', 'litellm_config.yaml'], env);
const checkedWithOneDown = await once(['check', 'litellm_config.yaml'], { ...env, ...variables(crippled) });
const gateway = await start(['gateway', '--config', 'litellm_config.yaml', '--port', '0'], env, '/ui');
const [, url] = /running on (\\S+)/.exec(gateway.text);
const response = await fetch(url + '/chat/completions', {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer any-string-works' },
  body: JSON.stringify({ model: 'gpt-4', messages: [{ role: 'user', content: 'Hello' }] }),
});
const answered = await response.text();
const exitCodes = [await stop(gateway), await stop(simulator), await stop(crippled)];
console.log(JSON.stringify({ version, checked, checkedWithOneDown, answered, exitCodes }));
`;

/** Every library's types, in one program. */
export const libraryUsage = `import { Agent, Crew, Task } from '@rolecall/core';
import { scriptedModel } from '@rolecall/core/testing';
import { CostTracker, perThousand } from '@rolecall/cost-tracker';
import { createRouter } from '@rolecall/router';
import { anthropic } from '@rolecall/router/anthropic';
import { groq } from '@rolecall/router/groq';
import { ollama } from '@rolecall/router/ollama';
import { openai } from '@rolecall/router/openai';
import { adapterCases } from '@rolecall/router/testing';

const tracker = new CostTracker({ prices: { 'gpt-4': perThousand(0.03) }, baseline: 'gpt-4' });
const router = createRouter({
  models: { 'gpt-4': openai('gpt-4'), sonnet: anthropic('claude-sonnet-5'), fast: groq('llama-3.3-70b-versatile'), local: ollama('mistral'), test: scriptedModel(['hi']) },
  roles: { writer: ['sonnet', 'gpt-4'], default: ['fast', 'local'] },
  wrap: [tracker.wrap],
});
const writer = new Agent({ name: 'writer', role: 'Writer', goal: 'Write about {topic}', backstory: 'A writer.' });
const write = new Task({ name: 'write', description: 'Write about {topic}', expectedOutput: 'A post', agent: writer });
export async function main(): Promise<string> {
  const result = await new Crew({ tasks: [write], model: router }).kickoff({ topic: 'cost' });
  const text: string = result.tasks.write.text;
  return text + String(tracker.summary().costUsd) + String(adapterCases.length);
}
`;

/** The one library whose types name those of Node. */
export const simulatorUsage = `import { startSimulator, type Simulator } from '@rolecall/simulator';
export const simulator: Promise<Simulator> = startSimulator({ latencyMs: 5 });
`;

/** A crew in a file of its own, as `rolecall run` takes it. */
export const crewInTypeScript = `import { Agent, Crew, Task, type Model } from '@rolecall/core';
const model: Model = async ({ role }) => ({ model: 'm/m', text: \`\${role} says so\`, toolCalls: [], finishReason: 'stop', usage: {} });
const agent = new Agent({ role: 'Writer', goal: 'Write', backstory: 'A writer.' });
const tasks = [new Task({ name: 'write', description: 'Write about {topic}', expectedOutput: 'A post', agent })] as const;
export const crew = new Crew({ tasks, model });
`;
