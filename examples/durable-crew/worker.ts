// A worker in a process of its own, as `rolecall worker crew.ts` is: says its port, and serves until it is killed.
import { durable } from '@rolecall/restate';
import { crew } from './crew.ts';

const { port } = await durable(crew, { onLog: () => undefined }).listen(Number(process.argv[2] ?? 9080));
console.log(port);
