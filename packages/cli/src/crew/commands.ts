/** The commands about crews, and what they take. */
import { InvalidArgumentError, type Command } from 'commander';
import { durationOption, names, port, positiveNumber, wholeNumber } from '../arguments.ts';
import type { Io } from '../io.ts';

type Done = (exitCode: number) => void;

const crewFile = ['<crew file>', 'a module that exports a crew, as default or as "crew", such as crew.ts'] as const;

const aboutTypeScript = `
TypeScript is loaded by tsx where the crew's project has it, and otherwise by Node itself, from 22.18 on.`;

export function addCrewCommands(program: Command, io: Io, done: Done): void {
  addRun(program, io, done);
  addWorker(program, io, done);
  addDev(program, io, done);
}

function addRun(program: Command, io: Io, done: Done): void {
  program
    .command('run')
    .description('run a crew once, in this process or on a Restate server, and print its answer and its cost')
    .argument(...crewFile)
    .option('-i, --input <name=value>', 'an input of the crew; once for each', input)
    .option('-f, --follow', 'print what happens as it happens, on stderr')
    .option('--run-id <id>', 'keeps the run under this id: the same again goes on with it, and does nothing twice')
    .option('--journal <folder>', 'where runs in this process are kept (default: .rolecall/runs)')
    .option('--json', 'print the whole result as JSON')
    .option('--durable', 'run on a Restate server, by its workers')
    .option('--ingress <url>', 'where that server takes runs; implies --durable (default: http://127.0.0.1:8080)')
    .option('--admin <url>', 'where it is asked about runs; implies --durable (default: http://127.0.0.1:9070)')
    .option('--tenant <name>', 'whose ledger a durable run is on')
    .option('--detach', 'print the id of a durable run, and do not wait for it')
    .addHelpText(
      'after',
      `${aboutTypeScript}\nExits with 1 when the run failed or was cancelled. Ctrl-C ends a run in this process; a durable run goes on.\n\nExamples:\n  rolecall run crew.ts --input topic="folding bicycles" --follow > post.md\n  rolecall run crew.ts --durable --input topic=tea --run-id order-42 --follow`,
    )
    .action(async (path: string, options) => done(await (await import('./run-crew.ts')).runCrew(path, options, io)));
}

function addWorker(program: Command, io: Io, done: Done): void {
  withServing(program.command('worker'))
    .description("do the steps of a crew's durable runs, as a Restate server asks for them")
    .option('--host <address>', 'the address to listen on; any but loopback needs an --identity-key', '127.0.0.1')
    .option('--identity-key <key>', "a server's public key: only that server is served; may be repeated", names)
    .option('--insecure', 'listen there without one: whoever reaches it can have done what the crew does')
    .option('--register <url>', 'tell the server at this admin address of the worker, such as http://127.0.0.1:9070')
    .option('--url <url>', 'what to tell it, such as the address of a balancer (default: where the worker listens)')
    .addHelpText(
      'after',
      `${aboutTypeScript}\nSIGTERM and Ctrl-C let calls under way end; the server has the runs go on at another worker. A second one ends at once.\n\nExample:\n  rolecall worker crew.ts --port 9080 --register http://127.0.0.1:9070`,
    )
    .action(async (path: string, options) => done(await (await import('./worker.ts')).worker(path, options, io)));
}

function addDev(program: Command, io: Io, done: Done): void {
  withServing(program.command('dev'))
    .description('start a Restate server and a worker for a crew on this machine')
    .option('--durable', 'is what it is for')
    .option('--ingress-port <port>', 'where the server takes runs', port, 8_080)
    .option('--admin-port <port>', 'where it is asked about them, and has its page', port, 9_070)
    .option('--base-dir <folder>', "the server's state, which stays from start to start", '.rolecall/restate')
    .addHelpText(
      'after',
      `${aboutTypeScript}\nThe server is the one of the npm package @restatedev/restate-server, on loopback and without telemetry.\n\nExample:\n  rolecall dev --durable crew.ts`,
    )
    .action(async (path: string, options) => done(await (await import('./dev.ts')).dev(path, options, io)));
}

/** The options of `durable`, with its defaults. */
function withServing(command: Command): Command {
  return command
    .argument(...crewFile)
    .option('-p, --port <port>', 'where the worker listens; 0 takes any that is free', port, 9_080)
    .addOption(durationOption('--call-timeout <duration>', 'the longest that one model or tool call may take', 900_000))
    .option('--max-live-tasks <count>', 'most calls under way at a time', wholeNumber, 64)
    .option('--retention-days <days>', 'how long ended runs are kept', positiveNumber, 30)
    .addOption(durationOption('--retry-after <duration>', 'how long a step waits when every backend has failed', 60_000))
    .option('--max-waits <count>', 'how often a step waits so before the run fails', wholeNumber, 1_440)
    .option('--max-value-bytes <bytes>', 'the most that one step may give', wholeNumber, 8_388_608)
    .option('--no-events', 'keep no events of runs')
    .option('--no-record-lost', 'do not journal when calls begin: one that a crash takes is on no ledger')
    .addOption(durationOption('--grace <duration>', 'how long calls under way may take when the worker is told to stop', 25_000));
}

/** `name=value`, with each name once. */
function input(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const [, name, value] = /^([A-Za-z_][\w-]*)=([\s\S]*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('It is a name and a value, such as topic=tea.');
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`"${name}" is given twice.`);
  return { ...before, [name]: value };
}
