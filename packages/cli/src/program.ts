/** What can be asked of the command line. Each command loads its code when it is asked: `--help` loads none. */
import { Command } from 'commander';
import { count, duration, durationOption, names, port, positiveNumber, share, usd, wholeNumber } from './arguments.ts';
import { addCrewCommands } from './crew/commands.ts';
import type { Io } from './io.ts';
import { isColoured } from './paint.ts';
import { version } from './version.ts';

const exitCodesHelp = `
Exit codes:
  0    fine
  1    the command ran and found that something is not: a model is down, a run failed, a cost rose
  2    the command could not run: an argument or a file is wrong; stderr says what to do
  130  interrupted`;

const benchPrompt = 'Summarize the key benefits of cloud computing in one sentence.';
const config = ['<config>', 'a configuration, as of LiteLLM, such as litellm_config.yaml'] as const;

type Done = (exitCode: number) => void;

export function programOf(io: Io, done: Done): Command {
  const program = new Command('rolecall')
    .description('Crews of agents, each role on the model it deserves: a gateway, checks, benchmarks and reports.')
    .version(version())
    .exitOverride()
    .showHelpAfterError('(--help says more)')
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 80,
      getErrHelpWidth: () => io.stderr.columns ?? 80,
      getOutHasColors: () => isColoured(io.stdout, io.env),
      getErrHasColors: () => isColoured(io.stderr, io.env),
    })
    .addHelpText('after', exitCodesHelp);
  for (const add of [
    addGateway,
    addCheck,
    addBench,
    addLoad,
    addReport,
    addExplain,
    addSimulate,
    addInit,
    addImportReport,
    addCrewCommands,
  ])
    add(program, io, done);
  return program;
}

type Add = (program: Command, io: Io, done: Done) => void;

const addGateway: Add = (program, io, done) => {
  program
    .command('gateway')
    .description('serve a configuration over HTTP, as OpenAI and Anthropic would')
    .requiredOption('-c, --config <file>', 'the configuration')
    .option('-p, --port <port>', 'where to listen', port, 4_000)
    .option('--host <address>', 'the address to listen on; any but loopback needs a master_key', '127.0.0.1')
    .option('--insecure', 'listen there without a master_key: whoever reaches it can spend your money')
    .option('--no-watch', 'read the file anew on SIGHUP only, and not when it changes')
    .addHelpText(
      'after',
      '\nThe log is on stdout. SIGTERM and Ctrl-C let streams finish; SIGHUP reads the file anew.\n\nExample:\n  rolecall gateway --config litellm_config.yaml --port 4000',
    )
    .action(async (options) => done(await (await import('./gateway.ts')).gateway(options, io)));
};

const addCheck: Add = (program, io, done) => {
  program
    .command('check')
    .description('call every model once, say which answer, and what is likely to go wrong')
    .argument(...config)
    .option('-m, --models <names>', 'only these, with commas between them', names)
    .addOption(durationOption('--timeout <duration>', 'longest wait for one answer', 30_000))
    .option('--strict', 'exit with 1 for advice too')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nIt sends one short prompt to each model, which may cost a little. Exits with 1 when a model fails.')
    .action(async (path: string, options) => done(await (await import('./check/check.ts')).check(path, options, io)));
};

const addBench: Add = (program, io, done) => {
  program
    .command('bench')
    .description('ask every model the same, and compare speed, steadiness, cost and, with a judge, quality')
    .argument(...config)
    .option('-n, --runs <count>', 'calls to each model', wholeNumber, 10)
    .option('--warmup <count>', 'calls before, which are in no figure', count, 1)
    .option('-m, --models <names>', 'only these, with commas between them', names)
    .option('--prompt <text>', 'what to ask', benchPrompt)
    .option('--max-tokens <count>', 'longest answer', wholeNumber, 50)
    .addOption(durationOption('--timeout <duration>', 'longest wait for one answer', 120_000))
    .option('--answers', 'print the answers side by side')
    .option('--judge <model>', 'a model of the file that scores the answers without knowing whose they are')
    .option('--reference <model>', 'whose answer the others are held against (default: the first of the file)')
    .option('--min-quality <part>', 'flag what is below, and exit with 1 (flagged below 0.9 without it)', positiveNumber)
    .option('--html <file>', 'write a page with charts')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExits with 1 when a call fails, or an answer is below --min-quality.')
    .action(async (path: string, options) => done(await (await import('./bench/bench.ts')).bench(path, options, io)));
};

const addLoad: Add = (program, io, done) => {
  program
    .command('load')
    .description('send many requests through the routes of a file, within a cost you allow')
    .argument(...config)
    .option('--concurrency <count>', 'most requests at a time', wholeNumber, 64)
    .option('--rps <number>', 'requests begun in a second (default: as many as --concurrency allows)', positiveNumber)
    .addOption(durationOption('--duration <duration>', 'how long', 30_000))
    .option('--role <name>', 'who asks')
    .option('--model <name>', 'which named model is asked')
    .option('--prompt <text>', 'what to ask', benchPrompt)
    .option('--max-tokens <count>', 'longest answer', wholeNumber, 50)
    .option('--max-cost <usd>', 'what it may cost at most; asked for on a terminal', usd)
    .option('--allow-unpriced', 'send requests of unknown cost too, which no ceiling can stop')
    .option('--max-errors <part>', 'exit with 1 above this part of errors', share, 0.01)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nLatencies count from when a request was due. Caches are passed by.\n\nExample:\n  rolecall load litellm_config.yaml --role writer --concurrency 64 --rps 50 --duration 30s --max-cost 1',
    )
    .action(async (path: string, options) => done(await (await import('./load/load.ts')).load(path, options, io)));
};

const addReport: Add = (program, io, done) => {
  program
    .command('report')
    .description('print what a ledger came to, by agent, model and workflow')
    .argument('<ledger>', 'the folder a tracker writes, or one of its files')
    .option('--html <file>', 'write a page with charts')
    .option('--csv <file>', 'write the rows')
    .option('--json', 'print JSON')
    .option('--lines <count>', 'most lines of a table', wholeNumber, 10)
    .option('--baseline <model>', 'compare with this model on the same tokens, such as openai/gpt-4')
    .option('--diff <ledger>', 'the ledger before: print what changed, and exit with 1 if the cost rose')
    .option('--fail-on-rise <part>', 'with --diff: exit with 1 only if it rose by more than this, such as 5%', share)
    .option('--runs-per-day <count>', 'with --diff: what a day and a month cost, before and after', wholeNumber)
    .action(async (path: string, options) => done(await (await import('./report.ts')).report(path, options, io)));
};

const addExplain: Add = (program, io, done) => {
  program
    .command('explain')
    .description('say who would be asked, and why the others would not; asks nobody')
    .argument(...config)
    .option('--role <name>', 'who asks')
    .option('--model <name>', 'which named model is asked')
    .option('--prompt <text>', 'what would be asked: its length may rule a model out')
    .option('--tags <names>', 'tags of the request, with commas between them', names)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExits with 1 when nobody can be asked.')
    .action(async (path: string, options) => done(await (await import('./explain.ts')).explain(path, options, io)));
};

const addSimulate: Add = (program, io, done) => {
  program
    .command('simulate')
    .description('run the HTTP of OpenAI, Anthropic, Groq and Ollama on this machine: no key, no cost')
    .option('--openai <port>', 'its port; 0 takes any', port, 4_010)
    .option('--anthropic <port>', 'its port', port, 4_020)
    .option('--groq <port>', 'its port', port, 4_030)
    .option('--ollama <port>', 'its port', port, 11_434)
    .option('--latency <duration>', 'before each answer', duration)
    .option('--chunk-interval <duration>', 'between the pieces of a stream', duration)
    .option('--ollama-models <names>', 'what Ollama has (default: llama3.2,mistral)', names)
    .option('--down <providers>', 'providers that refuse connections', names)
    .addHelpText('after', '\nThe lines on stdout are for another terminal, in front of "rolecall gateway" or your own program.')
    .action(async (options) => done(await (await import('./simulate.ts')).simulate(options, io)));
};

const addInit: Add = (program, io, done) => {
  program
    .command('init')
    .description('write a crew project that works as it is, without a key')
    .argument('<folder>', 'where; it must be empty, or not exist yet')
    .action(async (folder: string) => done(await (await import('./init.ts')).init(folder, io)));
};

const addImportReport: Add = (program, io, done) => {
  program
    .command('import-report')
    .description('say what becomes of every key of a LiteLLM configuration')
    .argument(...config)
    .option('--strict', 'exit with 1 when a key has no effect')
    .option('--json', 'print JSON')
    .action(async (path: string, options) => done(await (await import('./import-report.ts')).importReport(path, options, io)));
};
