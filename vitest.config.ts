import { defineConfig } from 'vitest/config';
import type { Reporter } from 'vitest/reporters';

/** Tests that need more than Node, or minutes, have projects of their own, which `npm test` leaves out. */
const special = ['browser', 'kill', 'soak', 'restate'];
const everywhere = ['packages/*/src/**/*.test.ts', 'packages/*.test.ts', 'docs/*.test.ts', 'examples/*/*.test.ts'];
/** Tests that `npm test` runs in a short form, and `npm run soak` at length. */
const longer = ['gateway/src/fuzz', 'cost-tracker/src/ledger', 'router/src/policies/memory-store'];
const namedFor = (suite: string): string => `packages/*/src/**/*.${suite}.test.ts`;

function settingsOf(suite: string): object {
  if (suite === 'restate') return { include: [namedFor(suite)], globalSetup: 'packages/restate-test/src/bundle-programs.ts' };
  if (suite !== 'soak') return { include: [namedFor(suite)] };
  const include = [namedFor(suite), ...longer.map((name) => `packages/${name}.test.ts`)];
  return { include, env: { ROLECALL_SOAK: 'true' }, testTimeout: 600_000 };
}

/** `npx vitest` alone is for the unit tests: the others have to be asked for, by their project or by a file of theirs. */
const isNamed = process.argv.some((word) => word.startsWith('--project') || special.some((name) => word.includes(`.${name}.`)));

/** Says what passed on its second try only: that is to be looked into. */
const secondTries: Reporter = {
  onTestCaseResult(test) {
    if (test.ok() && test.diagnostic()?.retryCount) process.stdout.write(`second try: ${test.fullName}\n`);
  },
};

export default defineConfig({
  // Packages lead to their TypeScript source under this condition: tests need no build. The others are those of Node itself:
  // under `module`, which is for bundlers, @opentelemetry/api leads to files that Node cannot load.
  ssr: {
    resolve: { conditions: ['@rolecall/source', 'node', 'development|production'] },
  },
  test: {
    // Files share the two worker processes: no test replaces a module, and none may leave anything behind for the next.
    isolate: false,
    testTimeout: 30_000, // a loaded machine is slow, and no fault
    maxWorkers: 2,
    reporters: ['default', secondTries],
    retry: process.env['CI'] ? 1 : 0, // tests over real sockets can be late on a loaded machine: what fails twice has failed
    projects: [
      // One project for all packages: workers live as long as a project does, and each new one loads every SDK again.
      { extends: true, test: { name: 'unit', include: everywhere, exclude: special.map(namedFor) } },
      ...(isNamed ? special : []).map((name) => ({
        extends: true as const,
        test: { name: `special-${name}`, ...settingsOf(name) },
      })),
    ],
  },
});
