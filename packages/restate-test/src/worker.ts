/** A worker in a process of its own, so that it can be killed: says its port, and serves until then. */
import { durable } from '../../restate/src/index.ts';
import { testCrew, type CrewFacts } from './test-crew.ts';

const { port, crew, ...options } = JSON.parse(process.argv[2] ?? '{}') as { port: number; crew: CrewFacts };
const worker = await durable(testCrew(crew), { ...options, onLog: () => undefined }).listen(port);
process.stdout.write(`${worker.port}\n`);
