// What people install, checked as they get it, after a build: packs every published package, lints the tarballs, and installs them with npm
// into empty apps that hold no SDK, where they are type-checked by three TypeScripts and loaded by import and by require.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as programs from './check-pack-programs.mjs';
import { manifestOf, published } from './published.mjs';
import { expect, once, run, runChecks } from './side-by-side.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => join(root, 'node_modules/.bin', name);
const scratch = mkdtempSync(join(tmpdir(), 'rolecall-pack-'));
const checks = [];
const check = (title, prove) => checks.push({ title, prove });

const npmInstall = (folder, names) => run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...names], folder);

/** An app that is empty but for these packages. */
async function app(name, names) {
  const folder = join(scratch, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, private: true }));
  if (names.length > 0) await npmInstall(folder, names);
  return folder;
}

/** A copy of an app, with more in it. */
async function appFrom(other, name, names) {
  const folder = join(scratch, name);
  await cp(other, folder, { recursive: true, verbatimSymlinks: true });
  await npmInstall(folder, names);
  return folder;
}

function installed(folder) {
  const names = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'));
  return names.flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(folder, 'node_modules', name)).map((n) => `${name}/${n}`) : name,
  );
}

const manifests = published.map(manifestOf);
await run(
  'npx',
  ['--yes', '--prefer-offline', 'pnpm@10.34.9', '-r', 'pack', '--pack-destination', scratch],
  join(root, 'packages'),
);
const fileOf = ({ name, version }) => join(scratch, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
const tarballs = Object.fromEntries(manifests.map((manifest) => [manifest.name, fileOf(manifest)]));

/** What runs as a program brings SDKs, `yaml` and `zod` with it; the libraries are to do without. */
const isLibrary = (name) => !['@rolecall/gateway', 'rolecall'].includes(name);
const libraries = Object.keys(tarballs)
  .filter(isLibrary)
  .map((name) => tarballs[name]);
/** An entry that needs packages which the app must install. */
const optional = '@rolecall/router/config';
const entries = manifests
  .filter(({ name }) => isLibrary(name))
  .flatMap(({ name, exports }) => Object.keys(exports).map((path) => join(name, path)))
  .filter((entry) => entry !== optional);

const everything = once(() => app('everything', libraries));
const typed = once(async () => appFrom(await everything(), 'node-types', ['@types/node@20']));
const trackerAlone = once(() => app('tracker-alone', [tarballs['@rolecall/cost-tracker']]));
const routerAlone = once(() => app('router-alone', [tarballs['@rolecall/router'], tarballs['@rolecall/core']]));

// Commands: the folder that the Dockerfile fills is the one they run in.

const dockerfile = readFileSync(join(root, 'docs/deploy/Dockerfile'), 'utf8');
const instruction = (name) =>
  dockerfile
    .split('\n')
    .find((line) => line.startsWith(`${name} `))
    ?.slice(name.length + 1);

/** The program of a Node. It is fetched once: two npx that fetch the same at the same time may leave it without its program. */
const programOf = (version) =>
  once(async () =>
    (
      await run('npx', ['--yes', '--prefer-offline', '-p', `node@${version}`, '--', 'node', '-p', 'process.execPath'], scratch)
    ).trim(),
  );
const nodes = Object.fromEntries(['20.19', '22.18', '22', '24'].map((version) => [version, programOf(version)]));
const image = once(async () => {
  const folder = await app('image', []);
  const install = instruction('RUN').replace('rolecall@${ROLECALL_VERSION}', Object.values(tarballs).join(' '));
  await run('sh', ['-c', install], folder);
  return folder;
});

check('rolecall init demo && cd demo && npm install && npm start && npm test', async () => {
  const folder = await image();
  await run(join(folder, 'node_modules/.bin/rolecall'), ['init', 'demo'], scratch);
  const demo = join(scratch, 'demo');
  const manifest = JSON.parse(readFileSync(join(demo, 'package.json'), 'utf8'));
  for (const name of Object.keys(manifest.dependencies)) {
    if (tarballs[name]) manifest.dependencies[name] = `file:${tarballs[name]}`; // these versions are on no registry yet
  }
  writeFileSync(join(demo, 'package.json'), JSON.stringify(manifest));
  await npmInstall(demo, []);
  const started = await run('npm', ['start'], demo);
  expect(started.includes('A simulator answers') && started.includes('out/post.md'), started);
  expect(readFileSync(join(demo, 'out/post.md'), 'utf8').length > 500, 'the post is too short');
  await run('npm', ['test'], demo);
  await run('npm', ['run', 'typecheck'], demo);
});

for (const { name } of manifests) {
  check(`${name}: publint`, () => run(bin('publint'), ['--strict', tarballs[name]]));
  check(`${name}: are the types wrong?`, () => run(bin('attw'), ['--profile', 'esm-only', tarballs[name]]));
  check(`${name}: the tarball leads to dist, and holds licence and sources but no tests`, async () => {
    const files = await run('tar', ['-tzf', tarballs[name]]);
    const manifest = await run('tar', ['-xzOf', tarballs[name], 'package/package.json']);
    expect(!manifest.includes('@rolecall/source'), 'exports still lead to the source');
    expect(!manifest.includes('workspace:'), 'a workspace: range was left in');
    expect(files.includes('package/LICENSE'), 'no LICENSE');
    expect(files.includes('package/src/index.ts'), 'no sources, to which the source maps point');
    expect(!/^package\/(src|dist)\/.*\.test(-d)?\.(ts|js)/m.test(files), 'tests were packed'); // a template has one of its own
  });
}

check('the RUN and the ENTRYPOINT of the Dockerfile do in an empty folder what they are for', async () => {
  const folder = await image();
  const [, version] = instruction('ARG').split('=');
  const [program, ...flags] = JSON.parse(instruction('ENTRYPOINT'));
  const said = await run(program, [...flags, '--version'], folder);
  expect(said.trim() === version, `it says its version is ${said}`);
  const command = JSON.parse(instruction('CMD'));
  const help = await run(program, [...flags, command[0], '--help'], folder);
  const unknown = command.filter((word) => word.startsWith('--') && !help.includes(word));
  expect(unknown.length === 0, `the gateway has no ${unknown.join(', ')}`);
});

check('nothing that rolecall brings has a script which --ignore-scripts leaves out', async () => {
  const { packages } = JSON.parse(readFileSync(join(await image(), 'package-lock.json'), 'utf8'));
  const scripted = Object.keys(packages).filter((name) => packages[name].hasInstallScript);
  expect(scripted.length === 0, `${scripted.join(', ')} would run one`);
});

check('rolecall in an empty folder: --version, check and gateway against its own simulator', async () => {
  const folder = await image();
  const config = readFileSync(join(root, 'packages/router/src/config/fixtures/litellm_config.yaml'), 'utf8');
  writeFileSync(join(folder, 'litellm_config.yaml'), config);
  writeFileSync(join(folder, 'drive.mjs'), programs.driveOfCommands);
  const { version, checked, checkedWithOneDown, answered, exitCodes } = JSON.parse(await run('node', ['drive.mjs'], folder));
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

check(
  'rolecall run of a crew in TypeScript: Node 22.18 by itself, Node 20 with tsx, and without it is told what to do',
  async () => {
    const folder = await appFrom(await image(), 'crew-file', []);
    const file = join(folder, 'package.json');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), type: 'module' }));
    writeFileSync(join(folder, 'crew.ts'), programs.crewInTypeScript);
    const rolecall = ['node_modules/rolecall/dist/bin.js', 'run', 'crew.ts', '--input', 'topic=tea'];
    const on = async (version) => run(await nodes[version](), rolecall, folder);
    expect((await on('22.18')) === 'Writer says so\n', 'Node 22.18 did not run it');
    const told = await on('20.19').catch(({ code, stderr }) => `${code}: ${stderr}`);
    expect(told.startsWith('2: ') && told.includes('npm install --save-dev tsx'), `Node 20.19 without tsx said ${told}`);
    await npmInstall(folder, ['--save-dev', 'tsx@4']);
    expect((await on('20.19')) === 'Writer says so\n', 'Node 20.19 with tsx did not run it');
  },
);

// Libraries, each with no more than it needs.

check('@rolecall/cost-tracker alone brings no other package of ours, and one dependency', async () => {
  const names = installed(await trackerAlone());
  expect(names.toSorted().join() === '@pydantic/genai-prices,@rolecall/cost-tracker', `it brought ${names.join(', ')}`);
});

for (const version of ['20.19', '22', '24']) {
  check(
    `@rolecall/cost-tracker is required from CommonJS on Node ${version}, and its price table and its page are there`,
    async () => {
      const folder = await trackerAlone();
      const file = join(folder, `ledger-${version}.cjs`);
      writeFileSync(file, programs.ledgerFromCommonJs);
      const said = (await run(await nodes[version](), [file], folder)).trim();
      expect(said.startsWith(`v${version}.`) && said.endsWith(' 0.03 0.0000066 true'), `it said ${said}`);
    },
  );
}

check('@rolecall/router brings no SDK', async () => {
  const sdks = ['openai', '@anthropic-ai/sdk', 'groq-sdk', 'ollama', '@modelcontextprotocol/sdk'];
  const others = ['zod', 'yaml', 'minisearch', 'htmlparser2'];
  const brought = installed(await routerAlone()).filter((name) => [...sdks, ...others].includes(name));
  expect(brought.length === 0, `it brought ${brought.join(', ')}`);
});

check('@rolecall/router/config loads beside yaml and zod, and reads a file', async () => {
  const folder = await appFrom(await routerAlone(), 'with-config', ['yaml@2', 'zod@4']);
  const text = 'model_list: [{ model_name: local, litellm_params: { model: ollama/mistral } }]';
  const code = `import { parseConfig } from '${optional}'; console.log(Object.keys(parseConfig('${text}').options.models))`;
  const said = await run('node', ['--input-type=module', '-e', code], folder);
  expect(said.includes('local'), 'it read no model');
});

check('every entry loads by import and by require, with no SDK installed and no price table loaded', async () => {
  const folder = await everything();
  writeFileSync(join(folder, 'load.mjs'), programs.loadingOf(entries));
  await run('node', ['load.mjs'], folder);
});

check('a crew in a scratch app runs on the packed packages, with the real SDK against the simulator', async () => {
  const folder = await appFrom(await everything(), 'scratch', ['openai@7.57.0']);
  writeFileSync(join(folder, 'main.mjs'), programs.crewOnRouter);
  const { said, attempts, costUsd, ledgerUsd } = JSON.parse(await run('node', ['main.mjs'], folder));
  expect(
    said && costUsd > 0 && costUsd === ledgerUsd,
    `it said ${said}, and cost ${costUsd} by the crew, ${ledgerUsd} by the ledger`,
  );
  expect(attempts[0][1] === 'not_configured', 'the missing SDK was not passed over');
});

// Types: one program holds the same text as a module and as CommonJS.

const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2023'];
const flags = [...strict, '--skipLibCheck', 'false', '--skipDefaultLibCheck']; // every library's types, but not TypeScript's own
const versions = ['5.9', '6', '7'];
const compilers = once(() =>
  app(
    'typescripts',
    versions.map((version) => `typescript-${version}@npm:typescript@${version}`),
  ),
);

async function compile(version, folder, text, [module, moduleResolution], more = []) {
  const extensions = module === 'esnext' ? ['mts'] : ['mts', 'cts'];
  const files = extensions.map((extension) => `usage-${version}-${module}.${extension}`);
  for (const file of files) writeFileSync(join(folder, file), text);
  const tsc = join(await compilers(), 'node_modules', `typescript-${version}`, 'bin/tsc');
  await run(
    process.execPath,
    [tsc, ...flags, '--module', module, '--moduleResolution', moduleResolution, ...more, ...files],
    folder,
  );
}

for (const version of versions) {
  for (const setting of [
    ['nodenext', 'nodenext'],
    ['node20', 'node16'],
    ['esnext', 'bundler'],
  ]) {
    const title = `TypeScript ${version}, ${setting[0]}`;
    check(`${title}: no SDK, no types of Node, skipLibCheck off`, async () =>
      compile(version, await everything(), programs.libraryUsage, setting),
    );
    check(`${title}: the simulator, with the types of Node`, async () =>
      compile(version, await typed(), programs.simulatorUsage, setting, ['--types', 'node']),
    );
  }
}

const passed = await runChecks(checks);
rmSync(scratch, { recursive: true, force: true });
process.exitCode = passed ? 0 : 1;
