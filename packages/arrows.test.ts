/** The arrows between the packages point one way: a package imports only what the house plan lets it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { expect, test } from 'vitest';

const packages = import.meta.dirname;

/** What the sources of a package may import of ours. `types` are erased: they load nothing. */
const arrows: Record<string, { code: readonly string[]; types: readonly string[] }> = {
  core: { code: [], types: [] },
  'cost-tracker': { code: [], types: [] },
  simulator: { code: [], types: [] },
  router: { code: [], types: ['core'] },
  gateway: { code: ['cost-tracker', 'router'], types: ['core'] },
  cli: { code: ['core', 'cost-tracker', 'gateway', 'restate', 'router', 'simulator'], types: [] },
  restate: { code: ['core'], types: [] },
};

/** Packages that only a file on this list may load, and only when a call needs it. */
const heavy =
  /^(openai|@anthropic-ai\/sdk|groq-sdk|ollama|zod|undici|@pydantic\/genai-prices|@modelcontextprotocol\/sdk|htmlparser2|minisearch|yaml)(\/|$)/;

/** An entry of its own that nobody loads who has not installed what it needs: it imports that as any code does. */
const optional =
  /^router\/src\/config(\/|\.ts$)|^gateway\/src\/(gateway-config|keys\/key-fields|settings\/(config-text|settings-shape))\.ts$/;

interface Import {
  file: string;
  specifier: string;
  types: boolean;
  lazy: boolean;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path));
}

const isTest = (path: string): boolean => /\.test(-d)?\.ts$/.test(path);

function importsOf(name: string): Import[] {
  return importsIn(sources(join(packages, name, 'src')).filter((path) => !isTest(path)));
}

function importsOfTests(name: string): Import[] {
  const helpers = join(packages, name, 'test');
  return importsIn([...sources(join(packages, name, 'src')).filter(isTest), ...(existsSync(helpers) ? sources(helpers) : [])]);
}

function importsIn(paths: readonly string[]): Import[] {
  return paths.flatMap((path) => {
    const code = readFileSync(path, 'utf8').replaceAll(/^\s*(\*|\/\/).*$/gm, '');
    const file = relative(packages, path).split(sep).join('/');
    const statements = [...code.matchAll(/^(?:import|export)\s(type\s)?(?:[^;'"]*?\sfrom\s)?['"]([^'"]+)['"]/gm)];
    const calls = [...code.matchAll(/\b(?:import|require)\(\s*['"]([^'"]+)['"]/g)];
    return [
      ...statements.map(([, type, specifier = '']) => ({ file, specifier, types: type !== undefined, lazy: false })),
      ...calls.map(([, specifier = '']) => ({ file, specifier, types: false, lazy: true })),
    ];
  });
}

/** The package that a specifier names, without the path inside it. */
function bare(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function manifest(name: string): {
  private?: boolean;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
} {
  return JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')) as ReturnType<typeof manifest>;
}

const folders = readdirSync(packages, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
  .map((entry) => entry.name);
const publicPackages = folders.filter((name) => !manifest(name).private);

test('every published package has its arrows written down here', () => {
  expect(publicPackages.toSorted()).toEqual(Object.keys(arrows).toSorted());
});

test.each(publicPackages)('%s imports of ours only what the plan lets it', (name) => {
  const { code, types } = arrows[name] ?? { code: [], types: [] };
  const ours = importsOf(name).filter(({ specifier }) => specifier.startsWith('@rolecall/'));
  const allowed = (found: Import): boolean =>
    [...code, ...(found.types ? types : [])].some((to) => found.specifier.startsWith(`@rolecall/${to}`));

  expect(ours.filter((found) => !allowed(found))).toEqual([]);
});

test.each(publicPackages)('the manifest of %s names of ours only what its sources import', (name) => {
  const { dependencies = {}, peerDependencies = {} } = manifest(name);
  const ours = Object.keys({ ...dependencies, ...peerDependencies }).filter((dependency) => dependency.startsWith('@rolecall/'));
  const { code, types } = arrows[name] ?? { code: [], types: [] };

  expect(ours.toSorted()).toEqual([...new Set([...code, ...types])].map((to) => `@rolecall/${to}`).toSorted());
});

// A test that needs more walks through several packages: it stands in `journeys`, which may import everything.
test.each(publicPackages)('the tests of %s import of ours only what its sources may, the simulator and itself', (name) => {
  const { code, types } = arrows[name] ?? { code: [], types: [] };
  const allowed = new Set([...code, ...types, 'simulator', name].map((to) => `@rolecall/${to}`));
  const ours = importsOfTests(name).filter(({ specifier }) => specifier.startsWith('@rolecall/'));
  const { devDependencies = {} } = manifest(name);
  const installed = Object.keys(devDependencies).filter((dependency) => dependency.startsWith('@rolecall/'));

  expect(ours.filter(({ specifier }) => !allowed.has(bare(specifier)))).toEqual([]);
  expect(installed.filter((dependency) => !allowed.has(dependency))).toEqual([]);
});

/** The packages of ours that a manifest leads to, development included, and all those behind them. */
function reachedFrom(start: string): ReadonlySet<string> {
  const reached = new Set<string>();
  const visit = (name: string): void => {
    const { dependencies, peerDependencies, devDependencies } = manifest(name);
    for (const dependency of Object.keys({ ...dependencies, ...peerDependencies, ...devDependencies })) {
      const to = dependency.replace('@rolecall/', '');
      if (to === dependency || reached.has(to)) continue;
      reached.add(to);
      visit(to);
    }
  };
  visit(start);
  return reached;
}

test.each(folders)('no arrow out of %s leads back to it, development included', (name) => {
  expect([...reachedFrom(name)]).not.toContain(name);
});

test.each(publicPackages)('%s imports nothing that it does not declare', (name) => {
  const { dependencies = {}, peerDependencies = {} } = manifest(name);
  const declared = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
  const foreign = importsOf(name).filter(({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('node:'));
  // A type of a development dependency is fine where it is checked with `satisfies` and never emitted.
  const undeclared = foreign.filter(({ specifier, types }) => !types && !declared.has(bare(specifier)));

  expect(undeclared).toEqual([]);
});

test.each(publicPackages)('%s loads no SDK, schema library, transport or price table before it is needed', (name) => {
  const eager = importsOf(name).filter(
    ({ file, specifier, types, lazy }) => heavy.test(specifier) && !types && !lazy && !optional.test(file),
  );

  expect(eager).toEqual([]);
});

test('the seam and the errors import no code', () => {
  const leaves = ['core/src/model.ts', 'core/src/errors.ts', 'router/src/errors.ts'];
  const code = [...importsOf('core'), ...importsOf('router')].filter(({ file, types }) => leaves.includes(file) && !types);

  expect(code).toEqual([]);
});

test('what is optional is loaded by no other file of its package', () => {
  const reaching = importsOf('router').filter(
    ({ file, specifier }) => !optional.test(file) && /^\.\/config(\/|\.ts$)|\/config\//.test(specifier),
  );

  expect(reaching).toEqual([]);
});
