import { once } from 'node:events';
import { createServer, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, Crew, Task } from '@rolecall/core';
import { scriptedModel } from '@rolecall/core/testing';
import { afterEach, expect, test } from 'vitest';
import { connect } from './connect.ts';
import { durable } from './durable.ts';

const agent = new Agent({ role: 'writer', goal: 'Write', backstory: 'Old' });
const task = new Task({ name: 'write', description: 'Write about {topic}', expectedOutput: 'Text', agent });
const crew = new Crew({ tasks: [task], model: scriptedModel([]) });

let close: () => void = () => undefined;
afterEach(() => close());

async function somebody(status: number, body: string, headers: OutgoingHttpHeaders = {}): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status, headers).end(body)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  close = () => server.close();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('where no server is, the error says how to start one', async () => {
  const ingress = await somebody(200, '');
  close();

  const failed = connect({ ingress }).kickoff(crew, { topic: 'x' });

  await expect(failed).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining('npx @restatedev/restate-server'),
  });
});

test('a redirect is not followed: what goes into a run goes to nobody else', async () => {
  const ingress = await somebody(307, '', { location: 'http://127.0.0.1:3/in?token=theirs' }); // nobody listens there

  const failed = connect({ ingress }).kickoff(crew, { topic: 'x' });

  await expect(failed).rejects.toMatchObject({
    code: 'not_restate',
    message: `${ingress} redirects to http://127.0.0.1:3, where nothing was sent: if the ingress port is there, give it to connect()`,
  });
});

test.each([
  [404, 'Not found'],
  [502, '<html>'],
])('where somebody else answers with %i, the error says which port is meant', async (status, body) => {
  const ingress = await somebody(status, body);

  const failed = connect({ ingress }).kickoff(crew, { topic: 'x' });

  await expect(failed).rejects.toMatchObject({ code: 'not_restate', message: expect.stringContaining('ingress is port 8080') });
});

test('a crew that no worker serves is said to be so', async () => {
  const ingress = await somebody(404, JSON.stringify({ message: "service 'rolecall.crew' not found" }));

  const failed = connect({ ingress }).kickoff(crew, { topic: 'x' });

  await expect(failed).rejects.toMatchObject({ code: 'not_registered', message: expect.stringContaining('crew "crew"') });
});

test('options that are not valid are refused by name', async () => {
  expect(() => connect({ ingress: 'localhost' })).toThrow('connect: ingress is "localhost"');
  expect(() => connect({ requestTimeoutMs: 0.5 })).toThrow('connect: requestTimeoutMs is 0.5');
  expect(() => durable(crew, { callTimeoutMs: 0 })).toThrow('durable: callTimeoutMs is 0');
  expect(() => durable(crew, { maxLiveTasks: 0.5 })).toThrow('durable: maxLiveTasks is 0.5');
  await expect(connect().kickoff(crew, { topic: 'x' }, { runId: '' })).rejects.toThrow('kickoff: runId');
  await expect(connect().kickoffForEach(crew, [], { concurrency: 0 })).rejects.toThrow('concurrency is 0');
  await expect(connect().kickoffForEach(crew, 'x' as never)).rejects.toThrow('kickoffForEach: inputs is "x"');
  await expect(connect().kickoff(undefined as never, {} as never)).rejects.toThrow('kickoff: crew is undefined');
  expect(() => connect().attach('x').events(-1)).toThrow('events: skip is -1');
});

test('an address with a password is refused, and not shown', async () => {
  const reason = 'holds a user name or a password, which the ports of Restate do not ask for: leave it out';

  expect(() => connect({ admin: 'http://me:hidden@127.0.0.1:9070' })).toThrow(new TypeError(`connect: admin ${reason}`));
  await expect(connect().register('ftp://:hidden@127.0.0.1:9080')).rejects.toThrow(new TypeError(`register: url ${reason}`));
});

test('an option that does not exist is refused, with those that do', async () => {
  const misspelt = { retryAfter: 1_000 } as object;

  expect(() => durable(crew, misspelt)).toThrow('durable has no option "retryAfter"; it has: callTimeoutMs, retentionDays');
  expect(() => connect({ ...misspelt })).toThrow('connect has no option "retryAfter"; it has: ingress, admin');
  await expect(connect().kickoff(crew, { topic: 'x' }, misspelt)).rejects.toThrow('kickoff has no option "retryAfter"');
  await expect(connect().kickoffForEach(crew, [], misspelt)).rejects.toThrow('it has: runId, tenant, concurrency');
  expect(() => durable(crew, { events: 'no' as never })).toThrow('durable: events is "no", and has to be true or false');
  expect(() => durable(crew, { onLog: 'console' as never })).toThrow('durable: onLog is "console", and has to be a function');
});

test('a worker says its port, and gives it back', async () => {
  const worker = await durable(crew, { onLog: () => undefined }).listen(0);
  await worker.close();
  const again = await durable(crew, { onLog: () => undefined }).listen(worker.port);

  expect(again.port).toBe(worker.port);
  await expect(again.close({ graceMs: Number.NaN })).rejects.toThrow('close: graceMs is NaN, and has to be');
  await again.close({ graceMs: Infinity });
});

test('a client whose signal is aborted stops waiting, with its reason', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  close = () => silent.closeAllConnections();
  const stop = new AbortController();
  const { port } = silent.address() as AddressInfo;
  const runs = connect({ ingress: `http://127.0.0.1:${port}`, signal: stop.signal });

  const result = runs.attach('order-42', crew).result();
  stop.abort(new Error('enough'));

  await expect(result).rejects.toThrow('enough');
  silent.close();
});

test('where the server takes long to begin a run, the error says how to find it', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  close = () => silent.closeAllConnections();
  const { port } = silent.address() as AddressInfo;

  const failed = connect({ ingress: `http://127.0.0.1:${port}`, requestTimeoutMs: 50 }).kickoff(crew, { topic: 'x' });

  await expect(failed).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining('the same runId finds it'),
  });
  silent.close();
});

test('an input that is missing is refused before anybody is asked', async () => {
  const runs = connect({ ingress: 'http://127.0.0.1:1' });
  const loose = crew as unknown as Crew;

  await expect(runs.kickoff(loose, {})).rejects.toThrow('kickoff: no input for "topic"');
});
