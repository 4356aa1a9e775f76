import { defineConfig } from 'vitest/config';

const packages = ['core', 'router', 'cost-tracker', 'simulator', 'gateway', 'cli', 'restate'];

/** Tests that need more than Node, or minutes, have projects of their own, which `npm test` leaves out. */
const special = ['browser', 'kill', 'soak', 'restate'];
const namedFor = (suite: string): string => `packages/*/src/**/*.${suite}.test.ts`;

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
    projects: [
      ...packages.map((name) => ({
        extends: true as const,
        test: { name, include: [`packages/${name}/src/**/*.test.ts`], exclude: special.map(namedFor) },
      })),
      ...special.map((name) => ({ extends: true as const, test: { name: `special-${name}`, include: [namedFor(name)] } })),
      { extends: true, test: { name: 'workspace', include: ['packages/*.test.ts', 'docs/*.test.ts', 'examples/*/*.test.ts'] } },
    ],
  },
});
