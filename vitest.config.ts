import { defineConfig } from 'vitest/config';

const packages = ['core', 'router', 'cost-tracker', 'simulator'];

export default defineConfig({
  // Packages lead to their TypeScript source under this condition: tests need no build.
  ssr: {
    resolve: { conditions: ['@rolecall/source', 'module', 'node', 'development|production'] },
  },
  test: {
    projects: [
      ...packages.map((name) => ({
        extends: true as const,
        test: { name, include: [`packages/${name}/src/**/*.test.ts`] },
      })),
      { extends: true, test: { name: 'workspace', include: ['packages/*.test.ts', 'docs/*.test.ts', 'examples/*/*.test.ts'] } },
    ],
  },
});
