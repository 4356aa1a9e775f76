import { Agent, Crew, Task, type CrewResult } from '@rolecall/core';
import { scriptedModel } from '@rolecall/core/testing';
import { expectTypeOf } from 'vitest';
import { connect } from './connect.ts';

const agent = new Agent({ role: 'writer', goal: 'Write', backstory: 'Old' });
const task = new Task({ name: 'write', description: 'Write about {topic}', expectedOutput: 'Text', agent });
const crew = new Crew({ tasks: [task], model: scriptedModel([]) });
const runs = connect();

void runs.kickoff(crew, { topic: 'x' });
// @ts-expect-error an input is missing
void runs.kickoff(crew, {});
// @ts-expect-error no such input
void runs.kickoff(crew, { topic: 'x', other: 'y' });

const begun = await runs.kickoff(crew, { topic: 'x' });
expectTypeOf(begun.result).returns.resolves.toHaveProperty('tasks').toHaveProperty('write');
expectTypeOf(runs.attach('id').result).returns.resolves.toEqualTypeOf<CrewResult>();
expectTypeOf(runs.attach('id', crew).result).returns.resolves.toHaveProperty('tasks').toHaveProperty('write');
