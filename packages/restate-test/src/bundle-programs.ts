/** The programs that the suite starts, bundled once for all of its files: from their sources, each start takes a second of a core. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { binary, programs } from './processes.ts';

const packages = join(import.meta.dirname, '../..');
const input = {
  worker: join(packages, 'restate-test/src/worker.ts'),
  'cli-crew': join(packages, 'restate-test/src/cli-crew.ts'),
  rolecall: join(packages, 'cli/src/bin.ts'),
};

export async function setup(): Promise<void> {
  if (!binary) return;
  await rm(programs, { recursive: true, force: true });
  const conditionNames = ['@rolecall/source', 'node', 'import'];
  const bundle = await rolldown({ input, platform: 'node', resolve: { conditionNames }, logLevel: 'warn' });
  await bundle.write({ dir: programs, format: 'esm', entryFileNames: '[name].js' });
  await bundle.close();
}
