// Builds every published package afresh: `tsc -b` never deletes, and a stale file in dist would be packed.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The folders of the packages that people install. */
export const published = readdirSync(new URL('.', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
  .map((entry) => `${root}packages/${entry.name}`)
  .filter((folder) => !JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).private);

for (const folder of published) {
  rmSync(`${folder}/dist`, { recursive: true, force: true });
  rmSync(`${folder}/node_modules/.cache`, { recursive: true, force: true });
}

const projects = published.map((folder) => `${folder}/tsconfig.build.json`);
const { status } = spawnSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-b', ...projects], {
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);
