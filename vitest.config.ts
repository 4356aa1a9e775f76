import { defineConfig } from 'vitest/config';
import type { Reporter } from 'vitest/reporters';

/** Tests that need more than Node, or minutes, have projects of their own, which `npm test` leaves out. */
const special = ['browser', 'kill', 'soak', 'restate'];
const everywhere = ['packages/*/src/**/*.test.ts', 'packages/*.test.ts', 'docs/*.test.ts', 'examples/*/*.test.ts'];
const namedFor = (suite: string): string => `packages/*/src/**/*.${suite}.test.ts`;

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
      ...special.map((name) => ({ extends: true as const, test: { name: `special-${name}`, include: [namedFor(name)] } })),
    ],
  },
});
