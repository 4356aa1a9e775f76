import { cp, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError, exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { paintFor } from './paint.ts';
import { version } from './version.ts';
import { written } from './written.ts';

const template = fileURLToPath(new URL('../template', import.meta.url));

/** Writes a crew that works as it is, and says what to do next. */
export async function init(folder: string, io: Io): Promise<number> {
  const target = resolve(io.cwd, folder);
  const name = basename(target)
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[._-]+|[._-]+$/g, '');
  if (name === '') throw new CommandError(`"${folder}" makes no name for a package. Name a folder such as my-crew.`);
  await written(folder, makeFolder(target));
  if ((await readdir(target)).length > 0)
    throw new CommandError(`${folder} is not empty, and nothing was written. Name a folder that is, or that does not exist yet.`);

  await written(folder, cp(template, target, { recursive: true }));
  await rename(join(target, 'gitignore'), join(target, '.gitignore')); // npm packs no file of that name
  for (const file of ['package.json', 'README.md']) {
    const text = await readFile(join(target, file), 'utf8');
    await writeFile(join(target, file), text.replaceAll('my-crew', name).replaceAll('ROLECALL_VERSION', version()));
  }
  const paint = paintFor(io.stdout, io.env);
  const steps = [...(target === resolve(io.cwd) ? [] : [`cd ${quoted(relative(io.cwd, target))}`]), 'npm install', 'npm start'];
  io.stdout.write(
    `Wrote a crew of three agents to ${folder}. Next:\n\n${steps.map((step) => `  ${paint.bold(step)}`).join('\n')}\n\nIt needs no key: a simulator answers until you set OPENAI_API_KEY, ANTHROPIC_API_KEY or GROQ_API_KEY. README.md says the rest.\n`,
  );
  return exitCodes.fine;
}

/** Step by step: asked for all of a path at once, Node tries for ever where no folder can be made, as below `/proc`. */
async function makeFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined); // why not, is said by `mkdir`
  if (found?.isDirectory()) return;
  if (dirname(path) !== path) await makeFolder(dirname(path));
  await mkdir(path);
}

/** As a shell takes it. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
