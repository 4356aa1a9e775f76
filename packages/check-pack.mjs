// What people install, checked as they get it: packs every published package, lints the tarballs, and installs them with npm
// into empty apps that hold no SDK, where they are type-checked by three TypeScripts and loaded by import and by require.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { published } from './build.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => join(root, 'node_modules/.bin', name);
const scratch = mkdtempSync(join(tmpdir(), 'rolecall-pack-'));
let passed = 0;
let failed = 0;

/** Runs one check and prints its outcome; what it printed itself is shown only when it fails. */
function check(title, prove) {
  try {
    prove();
    passed += 1;
    console.log(`ok      ${title}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${title}\n${error.stdout ?? ''}${error.stderr ?? ''}${error.stdout ? '' : error.message}`);
  }
}

function run(command, args, cwd = root) {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function expect(condition, message) {
  if (!condition) throw new Error(message);
}

/** An empty app with these tarballs in it. */
function app(name, tarballs, manifest = {}) {
  const folder = join(scratch, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, private: true, ...manifest }));
  if (tarballs.length > 0) run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs], folder);
  return folder;
}

function installed(folder) {
  const names = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'));
  return names.flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(folder, 'node_modules', name)).map((n) => `${name}/${n}`) : name,
  );
}

const tarballs = {};
const entries = [];
for (const folder of published) {
  const { name, exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const packed = run('npx', ['--yes', '--prefer-offline', 'pnpm@10.34.9', 'pack', '--pack-destination', scratch], folder);
  tarballs[name] = join(scratch, basename(packed.trim().split('\n').at(-1)));
  entries.push(...Object.keys(exports).map((path) => join(name, path)));

  check(`${name}: publint`, () => run(bin('publint'), ['--strict', tarballs[name]]));
  check(`${name}: are the types wrong?`, () => run(bin('attw'), ['--profile', 'esm-only', tarballs[name]]));
  check(`${name}: the tarball leads to dist, and holds licence and sources but no tests`, () => {
    const files = run('tar', ['-tzf', tarballs[name]]);
    const manifest = run('tar', ['-xzOf', tarballs[name], 'package/package.json']);
    expect(!manifest.includes('@rolecall/source'), 'exports still lead to the source');
    expect(!manifest.includes('workspace:'), 'a workspace: range was left in');
    expect(files.includes('package/LICENSE'), 'no LICENSE');
    expect(files.includes('package/src/index.ts'), 'no sources, to which the source maps point');
    expect(!/\.test(-d)?\.(ts|js)/.test(files), 'tests were packed');
  });
}

check('@rolecall/cost-tracker alone brings no other package of ours, and one dependency', () => {
  const names = installed(app('tracker-alone', [tarballs['@rolecall/cost-tracker']]));
  expect(names.toSorted().join() === '@pydantic/genai-prices,@rolecall/cost-tracker', `it brought ${names.join(', ')}`);
});

check('@rolecall/router brings no SDK', () => {
  const names = installed(app('router-alone', [tarballs['@rolecall/router'], tarballs['@rolecall/core']]));
  const sdks = names.filter((name) => ['openai', '@anthropic-ai/sdk', 'groq-sdk', 'ollama', 'zod', 'yaml', 'minisearch', 'htmlparser2', '@modelcontextprotocol/sdk'].includes(name));
  expect(sdks.length === 0, `it brought ${sdks.join(', ')}`);
});

/** Entries that need packages which the app must install. */
const optional = ['@rolecall/router/config'];
const everything = app('everything', Object.values(tarballs));
writeFileSync(
  join(everything, 'load.mjs'),
  `import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
for (const entry of ${JSON.stringify(entries.filter((entry) => !optional.includes(entry)))}) {
  const imported = await import(entry);
  if (Object.keys(imported).length === 0) throw new Error(entry + ' exports nothing');
  if (require(entry) !== imported && Object.keys(require(entry)).length === 0) throw new Error(entry + ' cannot be required');
}
const heavy = Object.keys(require.cache).filter((file) => /genai-prices|openai|anthropic|groq|ollama|zod|undici|modelcontextprotocol|minisearch|htmlparser2/.test(file) && !/@rolecall/.test(file));
if (heavy.length > 0) throw new Error('importing loaded ' + heavy.join());
`,
);
check('every entry loads by import and by require, with no SDK installed and no price table loaded', () =>
  run('node', ['load.mjs'], everything),
);

check('a crew in a scratch app runs on the packed packages, with the real SDK against the simulator', () => {
  const folder = app('scratch', [...Object.values(tarballs), 'openai@7.57.0']);
  writeFileSync(
    join(folder, 'main.mjs'),
    `import { Agent, Crew, Task } from '@rolecall/core';
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
`,
  );
  const { said, attempts, costUsd, ledgerUsd } = JSON.parse(run('node', ['main.mjs'], folder));
  expect(
    said && costUsd > 0 && costUsd === ledgerUsd,
    `it said ${said}, and cost ${costUsd} by the crew, ${ledgerUsd} by the ledger`,
  );
  expect(attempts[0][1] === 'not_configured', 'the missing SDK was not passed over');
});

check('@rolecall/router/config loads beside yaml and zod, and reads a file', () => {
  const folder = app('with-config', [tarballs['@rolecall/router'], tarballs['@rolecall/core'], 'yaml@2', 'zod@4']);
  const text = 'model_list: [{ model_name: local, litellm_params: { model: ollama/mistral } }]';
  const code = `import { parseConfig } from '@rolecall/router/config'; console.log(Object.keys(parseConfig('${text}').options.models))`;
  expect(run('node', ['--input-type=module', '-e', code], folder).includes('local'), 'it read no model');
});

const usage = `import { Agent, Crew, Task } from '@rolecall/core';
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
const simulatorUsage = `import { startSimulator, type Simulator } from '@rolecall/simulator';
export const simulator: Promise<Simulator> = startSimulator({ latencyMs: 5 });
`;
const flags = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false', '--target', 'es2023'];
const typed = app('node-types', [...Object.values(tarballs), '@types/node@20']);
for (const version of ['5.9', '6', '7']) {
  const tsc = join(app(`typescript-${version}`, [`typescript@${version}`]), 'node_modules/.bin/tsc');
  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['node20', 'node16'],
    ['esnext', 'bundler'],
  ]) {
    for (const extension of module === 'esnext' ? ['mts'] : ['mts', 'cts']) {
      const settings = [...flags, '--module', module, '--moduleResolution', moduleResolution];
      const file = `usage-${version}-${module}.${extension}`;
      check(`TypeScript ${version}, ${module}, .${extension}: no SDK, no types of Node, skipLibCheck off`, () => {
        writeFileSync(join(everything, file), usage);
        run(tsc, [...settings, file], everything);
      });
      check(`TypeScript ${version}, ${module}, .${extension}: the simulator, with the types of Node`, () => {
        writeFileSync(join(typed, file), simulatorUsage);
        run(tsc, [...settings, '--types', 'node', file], typed);
      });
    }
  }
}

rmSync(scratch, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
