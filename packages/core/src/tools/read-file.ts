/** A tool that reads the files of one folder, and of no other. */
import { constants, type Stats } from 'node:fs';
import { open, readdir, realpath, stat, type FileHandle } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { requireCount, requireText } from '../check.ts';
import { requireOptions, type OptionNames } from '../option-names.ts';
import { readFileWords } from '../prompt.ts';
import { tool, type Tool } from '../tool.ts';
import { textArgument } from './text-argument.ts';

export interface ReadFileOptions {
  /** The folder. Nothing outside it is read, whatever a path or a link says. */
  readonly folder: string;
  /** What the model calls it by. @default 'read_file' */
  readonly name?: string | undefined;
  /** What the model is told of it. @default a sentence that says what it reads */
  readonly description?: string | undefined;
  /** Bytes of a file; a larger one is refused. @default 1_000_000 */
  readonly maxBytes?: number | undefined;
}

const readFileOptions: OptionNames<ReadFileOptions> = {
  folder: true,
  name: true,
  description: true,
  maxBytes: true,
};

/**
 * A tool that gives the text of a file inside `folder`, or the names in a folder of it.
 *
 * @example
 * const editor = new Agent({ role: 'Editor', goal: 'Mend texts', backstory: 'You read.', tools: [readFile({ folder: './texts' })] });
 *
 * @throws {TypeError} when an option is not valid.
 */
export function readFile(options: ReadFileOptions): Tool {
  const owner = 'readFile';
  requireOptions(owner, options, readFileOptions);
  const { folder, name = 'read_file', description = readFileWords.description, maxBytes = 1_000_000 } = options;
  requireText(owner, 'folder', folder);
  requireCount(owner, 'maxBytes', maxBytes);
  const root = resolve(folder);

  return tool({
    name,
    description,
    parameters: textArgument('path', readFileWords.path),
    execute: ({ path }, { signal }) => read(root, path, maxBytes, signal),
  });
}

async function read(root: string, path: string, maxBytes: number, signal: AbortSignal): Promise<string> {
  const target = resolve(root, path);
  if (path.includes('\0') || !isInside(root, target)) throw outside(path);
  const real = await realPathInside(root, target, path);
  // Not followed if it has become a link, and not waited for if it is a pipe without a writer.
  const file = await open(real, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const facts = await file.stat();
    await requireUnmoved(root, target, path, facts);
    if (facts.isDirectory()) return readFileWords.folder(path, await namesIn(real));
    if (!facts.isFile()) throw new Error(`${path} is neither a file nor a folder`);
    return textOf(await bytesOf(file, maxBytes, path), path);
  } finally {
    await file.close();
    signal.throwIfAborted();
  }
}

function isInside(root: string, target: string): boolean {
  const way = relative(root, target);
  return !isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`);
}

function outside(path: string): Error {
  return new Error(`${JSON.stringify(path)} is outside of the folder that may be read`);
}

async function realPathInside(root: string, target: string, path: string): Promise<string> {
  const realRoot = await realpath(root);
  const real = await realpath(target).catch((cause: unknown) => {
    throw new Error(`there is no file ${path}`, { cause });
  });
  if (!isInside(realRoot, real)) throw outside(path);
  return real;
}

/** What was opened has to be what the path leads to now: a folder may have been swapped for a link in between. */
async function requireUnmoved(root: string, target: string, path: string, { dev, ino }: Stats): Promise<void> {
  const now = await stat(await realPathInside(root, target, path));
  if (now.dev !== dev || now.ino !== ino) throw new Error(`${path} was moved while it was being opened`);
}

const mostNames = 200;

async function namesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .toSorted()
    .slice(0, mostNames);
}

async function bytesOf(file: FileHandle, maxBytes: number, path: string): Promise<Buffer> {
  const buffer = Buffer.alloc(maxBytes + 1); // a file may grow while it is read, and some have no size
  let length = 0;
  while (length <= maxBytes) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length);
    if (bytesRead === 0) return buffer.subarray(0, length);
    length += bytesRead;
  }
  throw new Error(`${path} is larger than the ${maxBytes} bytes that are read`);
}

function textOf(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Error(`${path} is not a text in UTF-8`, { cause });
  }
}
