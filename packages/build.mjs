// Builds every published package afresh: `tsc -b` writes the types, and rolldown one file for each entry, with what entries share in
// chunks beside them, because loading a module costs more than a millisecond of start-up whatever its size.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { manifestOf, published } from './published.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The entries of a package by the paths of their built files: `{ 'adapters/openai': '…/src/adapters/openai.ts' }`. */
function entriesOf(folder) {
  const { exports, bin = {} } = manifestOf(folder);
  const built = [...Object.values(exports).map((entry) => entry.default ?? entry), ...Object.values(bin)]
    .filter((path) => path.startsWith('./dist/') && path.endsWith('.js'))
    .map((path) => path.slice('./dist/'.length, -'.js'.length));
  return Object.fromEntries(built.map((path) => [path, join(folder, 'src', `${path}.ts`)]));
}

function writeTypes() {
  const projects = published.map((folder) => `${folder}/tsconfig.build.json`);
  const tsc = [`${root}node_modules/typescript/bin/tsc`, '-b', ...projects];
  const { status } = spawnSync(process.execPath, tsc, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function bundleOf(folder, input) {
  return rolldown({
    input,
    external: (id) => !id.startsWith('.') && !id.startsWith('/'), // what a package depends on stays a package
    platform: 'node',
    cwd: folder,
    onLog: (level, { message }) => {
      if (level === 'warn') throw new Error(`${basename(folder)}: ${message}`);
    },
  });
}

/** The modules that importing the package itself loads, apart from what is loaded when it is needed. */
async function modulesOfIndex(folder, { index }) {
  if (index === undefined) return [];
  const bundle = await bundleOf(folder, { index });
  const { output } = await bundle.generate();
  await bundle.close();
  const files = new Map(output.map((file) => [file.fileName, file]));
  const loaded = new Set(output.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName));
  for (const name of loaded) for (const file of files.get(name)?.imports ?? []) loaded.add(file); // grows while it is walked
  return [...loaded].flatMap((name) => files.get(name)?.moduleIds ?? []);
}

async function writeModules(folder) {
  const entries = entriesOf(folder);
  const needed = new Set(await modulesOfIndex(folder, entries));
  const bundle = await bundleOf(folder, entries);
  await bundle.write({
    dir: 'dist',
    format: 'esm',
    sourcemap: true,
    comments: { legal: true, annotation: true, jsdoc: false }, // the types carry the documentation
    // Chunks lie beside the entries: what reads a file of the package finds it by the same relative path as in src.
    chunkFileNames: '[name]-[hash].js',
    codeSplitting: { groups: [{ name: 'shared', test: (id) => needed.has(id), minShareCount: 2 }] },
  });
  await bundle.close();
}

for (const folder of published) {
  rmSync(`${folder}/dist`, { recursive: true, force: true });
  rmSync(`${folder}/node_modules/.cache`, { recursive: true, force: true });
}
writeTypes();
for (const folder of published) await writeModules(folder);
