/** Every DO and DON'T is on its page, and what the page says of the command line is so. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const read = (path: string): string => readFileSync(join(import.meta.dirname, path), 'utf8');
const page = read('best-practices.md');

const rules: Readonly<Record<string, Readonly<Record<'DO' | "DON'T", readonly string[]>>>> = {
  Routing: {
    DO: [
      'Use gateway (LiteLLM/OpenRouter) for flexibility',
      'Configure fallback chains for all agents',
      'Route based on agent role, not one-size-fits-all',
      'Test routing before production',
    ],
    "DON'T": [
      'Hardcode model names in agent definitions',
      'Use same model for all agents',
      'Ignore failure scenarios',
      'Skip load testing',
    ],
  },
  Optimization: {
    DO: [
      'Use local models for high-volume agents',
      'Reserve premium models for complex tasks',
      'Measure costs per agent/model',
      'Implement caching for repeated queries',
    ],
    "DON'T": [
      'Use premium models for everything',
      'Optimize prematurely - measure first',
      'Sacrifice quality for tiny cost savings',
      'Ignore latency requirements',
    ],
  },
  Deployment: {
    DO: [
      'Deploy local infrastructure for volume',
      'Keep local models warm (preloaded)',
      'Use Docker for consistency',
      'Monitor health of all backends',
    ],
    "DON'T": [
      'Deploy local without cost analysis',
      'Mix model versions (use specific tags)',
      'Run production on laptop/desktop',
      'Forget about GPU memory limits',
    ],
  },
  Monitoring: {
    DO: [
      'Track costs per agent and model',
      'Monitor latency percentiles (P95, P99)',
      'Set alerts for budget overruns',
      'Log all routing decisions',
    ],
    "DON'T": [
      'Deploy without monitoring',
      'Only track averages (misleading)',
      'Ignore error rates',
      'Wait for users to report issues',
    ],
  },
};

const lines = Object.entries(rules).flatMap(([section, kinds]) =>
  Object.entries(kinds).flatMap(([kind, list]) => list.map((rule) => [section, kind, rule] as const)),
);

test.each(lines)('%s: %s %s', (section, kind, rule) => {
  const [, ofSection = ''] = page.split(`## ${section}\n`);
  const own = ofSection.split('\n## ')[0] ?? '';
  const answer = own.split('\n').find((line) => line.startsWith(`| ${kind} | ${rule} | `));

  expect(answer?.split(' | ')[2]).toMatch(/\w{20,}|\w+ \w+/);
});

test('every command and every piece of advice that the pages name is there', () => {
  const commands = read('../packages/cli/src/program.ts') + read('../packages/cli/src/crew/commands.ts');
  const advice = read('../packages/cli/src/check/advice.ts');
  const pages = page + read('cli.md');

  for (const [, command = ''] of pages.matchAll(/\brolecall ([a-z][a-z-]*)/g))
    expect(commands.includes(`.command('${command}')`), command).toBe(true);
  for (const [, code = ''] of pages.matchAll(/`((?:no|one|local|retired|unpriced)-[a-z-]+)`/g))
    expect(advice.includes(`'${code}'`), code).toBe(true);
  for (const [, option = ''] of pages.matchAll(/(--[a-z][a-z-]*)/g)) {
    if (option !== '--help') expect(new RegExp(`${option}[ ,']`).test(commands), option).toBe(true);
  }
});
