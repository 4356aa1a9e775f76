/** Every TypeScript fence of the documentation, and every example beside a public name, compiles against the packages. */
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
/** One for each process: the suite may run on two versions of Node at once. What does not compile is left there to be looked at. */
const folder = join(import.meta.dirname, '.fences', String(process.pid));
const typescript = join(root, 'node_modules/typescript/bin/tsc');

/** The public entry points, those that readers meet first in front: an example is given the imports it leaves out. */
const entries = [
  '@rolecall/core',
  '@rolecall/core/testing',
  '@rolecall/core/tools',
  '@rolecall/core/mcp',
  '@rolecall/core/knowledge',
  '@rolecall/core/memory',
  '@rolecall/core/yaml',
  '@rolecall/router',
  '@rolecall/router/openai',
  '@rolecall/router/anthropic',
  '@rolecall/router/groq',
  '@rolecall/router/ollama',
  '@rolecall/router/config',
  '@rolecall/router/testing',
  '@rolecall/cost-tracker',
  '@rolecall/cost-tracker/otel',
  '@rolecall/simulator',
  '@rolecall/gateway',
  '@rolecall/restate',
];

/** What an example beside a public name may take as given. */
const given: Readonly<Record<string, string>> = {
  z: "import { z } from 'zod';",
  OpenAI: "import OpenAI from 'openai';",
  test: 'declare function test(title: string, run: () => unknown): void;',
  mine: "declare function mine(id: string, options: { apiKey: string; baseURL: string }): import('@rolecall/core').Model;",
  router: "declare const router: import('@rolecall/router').Router<string>;",
  tracker: "declare const tracker: import('@rolecall/cost-tracker').CostTracker;",
  metrics:
    "declare const metrics: { getMeter(name: string): NonNullable<import('@rolecall/cost-tracker/otel').OpenTelemetryOptions['meter']> };",
  trace:
    "declare const trace: { getTracer(name: string): NonNullable<import('@rolecall/cost-tracker/otel').OpenTelemetryOptions['tracer']> };",
  naive: "declare const naive: import('@rolecall/cost-tracker').CostTracker;",
  optimised: "declare const optimised: import('@rolecall/cost-tracker').CostTracker;",
  client: "declare const client: import('openai').OpenAI;",
  message: "declare const message: import('@anthropic-ai/sdk').Anthropic.Message;",
  model: 'declare const model: string;',
  input: 'declare const input: string;',
  researcher: "declare const researcher: import('@rolecall/core').Agent;",
  research:
    "declare const research: import('@rolecall/core').Task<'research', 'Research {topic}', '', import('@rolecall/core').Agent<'', '', ''>>;",
  write: "declare const write: import('@rolecall/core').Task<'write', '', '', import('@rolecall/core').Agent<'', '', ''>>;",
  crew: "declare const crew: import('@rolecall/core').Crew<readonly [import('@rolecall/core').Task<'write', '{topic}', '', import('@rolecall/core').Agent<'', '', ''>>]>;",
};

interface Fence {
  /** Where a reader finds it. */
  place: string;
  code: string;
}

function filesIn(path: string, wanted: (path: string) => boolean): string[] {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) return /^(node_modules|dist|out|\.\w+)$/.test(entry.name) ? [] : filesIn(inside, wanted);
    return wanted(inside) ? [inside] : [];
  });
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

function fencesIn(path: string): Fence[] {
  const text = readFileSync(path, 'utf8');
  const found = [...text.matchAll(/^```(?:ts|typescript)\n([\s\S]*?)^```$/gm)];
  return found.map((match) => ({ place: `${relative(root, path)}:${lineOf(text, match.index)}`, code: match[1] ?? '' }));
}

function examplesIn(path: string): Fence[] {
  const text = readFileSync(path, 'utf8');
  const found = [...text.matchAll(/@example\n([\s\S]*?)(?=\n\s*\*\s*@|\n?\s*\*\/)/g)];
  return found.map((match) => {
    const code = (match[1] ?? '').replaceAll(/^\s*\* ?/gm, '').replaceAll(/^```\w*$/gm, '');
    const [, own = ''] = relative(root, path).split('/');
    return { place: `${relative(root, path)}:${lineOf(text, match.index)}`, code: withImports(code, own) };
  });
}

const exportsOf = new Map(
  entries.map((entry) => {
    const [, name = '', sub = ''] = /^@rolecall\/([^/]+)\/?(.*)$/.exec(entry) ?? [];
    const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as {
      exports: Record<string, Record<string, string>>;
    };
    const source = manifest.exports[sub ? `./${sub}` : '.']?.['@rolecall/source'] ?? '';
    const text = readFileSync(join(root, 'packages', name, source), 'utf8');
    const lists = [...text.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap((match) => (match[1] ?? '').split(','));
    const declared = [...text.matchAll(/^export (?:async )?(?:function|class|const|interface|type) (\w+)/gm)].map(
      (match) => match[1] ?? '',
    );
    return [entry, [...lists.map((item) => item.replace(/^\s*(type )?/, '').trim()), ...declared].filter(Boolean)];
  }),
);

/** Prepends what an example uses without saying where it is from: public names, its own package's first, and what it may take as given. */
function withImports(code: string, own: string): string {
  const uses = (name: string): boolean => new RegExp(`(?<!['"\\w]|(?<!\\.\\.)\\.)${name}\\b(?!['"]|:)`).test(code);
  const declares = (name: string): boolean => new RegExp(`(?:import|const|class|function|let)\\b[^=;)]*\\b${name}\\b`).test(code);
  const lines = new Map(Object.entries(given));
  const isOwn = ([entry]: readonly [string, unknown]): boolean => entry.split('/')[1] === own;
  for (const [entry, names] of [...exportsOf].toSorted((a, b) => Number(isOwn(b)) - Number(isOwn(a)))) {
    for (const name of names) if (!lines.has(name)) lines.set(name, `import { ${name} } from '${entry}';`);
  }
  const missing = [...lines].filter(([name]) => uses(name) && !declares(name)).map(([, line]) => line);
  return `${missing.join('\n')}\n${code}\nexport {};\n`;
}

test('every fence and every example compiles', { timeout: 240_000 }, async () => {
  const pages = filesIn(root, (path) => path.endsWith('.md'));
  const sources = filesIn(join(root, 'packages'), (path) => /\/src\/.*\.ts$/.test(path) && !/\.test(-d)?\.ts$/.test(path));
  const fences = [...pages.flatMap(fencesIn), ...sources.flatMap(examplesIn)];

  mkdirSync(folder, { recursive: true });
  for (const [index, { place, code }] of fences.entries()) {
    writeFileSync(join(folder, `${index}-${place.replaceAll(/[^\w]+/g, '-')}.ts`), `// ${place}\n${code}`);
  }
  const loose = { noUnusedLocals: false, noUnusedParameters: false, noEmit: true, noPropertyAccessFromIndexSignature: false };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../../tsconfig.base.json',
      compilerOptions: { ...loose, rootDir: '../../..' },
      include: ['*.ts', '../../../packages/*/src/*.d.ts'],
    }),
  );
  const compiled = await promisify(execFile)(process.execPath, [typescript, '-p', folder], { cwd: folder }).catch(
    (error: { stdout: string }) => error,
  );

  expect(fences.length).toBeGreaterThan(5);
  expect(compiled.stdout).toBe('');
  rmSync(folder, { recursive: true });
});
