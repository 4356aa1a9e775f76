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
    expect(!/^package\/(src|dist)\/.*\.test(-d)?\.(ts|js)/m.test(files), 'tests were packed'); // a template has one of its own
  });
}

check('@rolecall/cost-tracker alone brings no other package of ours, and one dependency', () => {
  const names = installed(app('tracker-alone', [tarballs['@rolecall/cost-tracker']]));
  expect(names.toSorted().join() === '@pydantic/genai-prices,@rolecall/cost-tracker', `it brought ${names.join(', ')}`);
});

writeFileSync(
  join(scratch, 'tracker-alone', 'price.cjs'),
  `const { CostTracker, costOf, perThousand } = require('@rolecall/cost-tracker');
const tracker = new CostTracker({ prices: { m: perThousand(0.03) } });
tracker.record({ model: 'm', inputTokens: 1000, outputTokens: 0 });
const { usd } = costOf({ provider: 'openai', model: 'gpt-4o-mini', usage: { inputTokens: 12, outputTokens: 8 }, at: Date.parse('2026-11-01') });
console.log(process.version, tracker.summary().costUsd, usd);
`,
);
for (const version of ['20.19', '22', '24']) {
  check(`@rolecall/cost-tracker is required from CommonJS on Node ${version}, and its price table is there`, () => {
    const node = ['--yes', '--prefer-offline', '-p', `node@${version}`, '--', 'node', 'price.cjs'];
    const said = run('npx', node, join(scratch, 'tracker-alone')).trim();
    expect(said.startsWith(`v${version}.`) && said.endsWith(' 0.03 0.0000066'), `it said ${said}`);
  });
}

check('@rolecall/router brings no SDK', () => {
  const names = installed(app('router-alone', [tarballs['@rolecall/router'], tarballs['@rolecall/core']]));
  const sdks = names.filter((name) =>
    [
      'openai',
      '@anthropic-ai/sdk',
      'groq-sdk',
      'ollama',
      'zod',
      'yaml',
      'minisearch',
      'htmlparser2',
      '@modelcontextprotocol/sdk',
    ].includes(name),
  );
  expect(sdks.length === 0, `it brought ${sdks.join(', ')}`);
});

/** Entries that need packages which the app must install. */
const optional = ['@rolecall/router/config'];
/** What runs as a program brings SDKs, `yaml` and `zod` with it; the libraries are to do without. */
const programs = ['@rolecall/gateway', 'rolecall'];
const isLibrary = (entry) => !programs.some((name) => entry === name || entry.startsWith(`${name}/`));
const libraries = Object.keys(tarballs)
  .filter(isLibrary)
  .map((name) => tarballs[name]);
const everything = app('everything', libraries);
writeFileSync(
  join(everything, 'load.mjs'),
  `import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
for (const entry of ${JSON.stringify(entries.filter((entry) => !optional.includes(entry) && isLibrary(entry)))}) {
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
  const folder = app('scratch', [...libraries, 'openai@7.57.0']);
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

check('the RUN and the ENTRYPOINT of the Dockerfile do in an empty folder what they are for', () => {
  const dockerfile = readFileSync(join(root, 'docs/deploy/Dockerfile'), 'utf8');
  const instruction = (name) =>
    dockerfile
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1);
  const folder = app('image', []);
  const [, version] = instruction('ARG').split('=');
  run('sh', ['-c', instruction('RUN').replace('rolecall@${ROLECALL_VERSION}', Object.values(tarballs).join(' '))], folder);
  const [program, ...flags] = JSON.parse(instruction('ENTRYPOINT'));
  expect(run(program, [...flags, '--version'], folder).trim() === version, 'it is another version');
  const help = run(program, [...flags, JSON.parse(instruction('CMD'))[0], '--help'], folder);
  const unknown = JSON.parse(instruction('CMD')).filter((word) => word.startsWith('--') && !help.includes(word));
  expect(unknown.length === 0, `the gateway has no ${unknown.join(', ')}`);
});

/** Runs the packed commands as processes: the simulator and the gateway until they are told to stop. */
const drive = `import { execFile, spawn } from 'node:child_process';
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

check('rolecall in an empty folder: --version, check and gateway against its own simulator', () => {
  const folder = app('rolecall-alone', Object.values(tarballs));
  const config = readFileSync(join(root, 'packages/router/src/config/fixtures/litellm_config.yaml'), 'utf8');
  writeFileSync(join(folder, 'litellm_config.yaml'), config);
  writeFileSync(join(folder, 'drive.mjs'), drive);
  const { version, checked, checkedWithOneDown, answered, exitCodes } = JSON.parse(run('node', ['drive.mjs'], folder));
  expect(/^\d+\.\d+\.\d+$/.test(version), `it said its version is ${version}`);
  expect(checked.code === 0 && checked.stdout.match(/✅/g)?.length === 5, `check exited with ${checked.code}: ${checked.stdout}`);
  expect(
    /❌ groq-fast +- N\/A +network/.test(checkedWithOneDown.stdout),
    `check did not say who is down: ${checkedWithOneDown.stdout}`,
  );
  expect(checkedWithOneDown.code === 1, `check of a backend that is down exited with ${checkedWithOneDown.code}`);
  expect(answered.includes('Hello'), `the gateway answered ${answered}`);
  expect(exitCodes.join() === '0,0,0', `on SIGTERM they exited with ${exitCodes.join()}`);
});

check('rolecall run of a crew in TypeScript: Node 22.18 by itself, Node 20 with tsx, and without it is told what to do', () => {
  const folder = app('crew-file', Object.values(tarballs), { type: 'module' });
  writeFileSync(
    join(folder, 'crew.ts'),
    `import { Agent, Crew, Task, type Model } from '@rolecall/core';
const model: Model = async ({ role }) => ({ model: 'm/m', text: \`\${role} says so\`, toolCalls: [], finishReason: 'stop', usage: {} });
const agent = new Agent({ role: 'Writer', goal: 'Write', backstory: 'A writer.' });
const tasks = [new Task({ name: 'write', description: 'Write about {topic}', expectedOutput: 'A post', agent })] as const;
export const crew = new Crew({ tasks, model });
`,
  );
  const rolecall = ['node', 'node_modules/rolecall/dist/bin.js', 'run', 'crew.ts', '--input', 'topic=tea'];
  const on = (version) => run('npx', ['--yes', '--prefer-offline', '-p', `node@${version}`, '--', ...rolecall], folder);
  expect(on('22.18') === 'Writer says so\n', 'Node 22.18 did not run it');
  let told = '';
  try {
    on('20.19');
  } catch ({ status, stderr }) {
    told = `${status}: ${stderr}`;
  }
  expect(told.startsWith('2: ') && told.includes('npm install --save-dev tsx'), `Node 20.19 without tsx said ${told}`);
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--save-dev', 'tsx@4'], folder);
  expect(on('20.19') === 'Writer says so\n', 'Node 20.19 with tsx did not run it');
});

check('rolecall init demo && cd demo && npm install && npm start && npm test', () => {
  const folder = app('rolecall-init', Object.values(tarballs));
  run(join(folder, 'node_modules/.bin/rolecall'), ['init', 'demo'], folder);
  const demo = join(folder, 'demo');
  const manifest = JSON.parse(readFileSync(join(demo, 'package.json'), 'utf8'));
  for (const name of Object.keys(manifest.dependencies)) {
    if (tarballs[name]) manifest.dependencies[name] = `file:${tarballs[name]}`; // these versions are on no registry yet
  }
  writeFileSync(join(demo, 'package.json'), JSON.stringify(manifest));
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], demo);
  const started = run('npm', ['start'], demo);
  expect(started.includes('A simulator answers') && started.includes('out/post.md'), started);
  expect(readFileSync(join(demo, 'out/post.md'), 'utf8').length > 500, 'the post is too short');
  run('npm', ['test'], demo);
  run('npm', ['run', 'typecheck'], demo);
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
const typed = app('node-types', [...libraries, '@types/node@20']);
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
