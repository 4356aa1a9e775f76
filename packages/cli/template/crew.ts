/** The crew: three agents, three tasks, and not a word about models. */
import { Agent, Crew, Task, type Model } from '@rolecall/core';

const researcher = new Agent({
  name: 'researcher',
  role: 'Research Specialist',
  goal: 'Gather information about {topic}',
  backstory: 'You have spent years finding out what is known about a subject, and who said it first.',
});

const writer = new Agent({
  name: 'writer',
  role: 'Content Writer',
  goal: 'Write blog posts that people read to the end',
  backstory: 'You write for a living, and you would rather cut a sentence than bore a reader.',
});

const editor = new Agent({
  name: 'editor',
  role: 'Copy Editor',
  goal: 'Polish what others have written without changing what it says',
  backstory: 'You have an ear for rhythm and an eye for the missing comma.',
});

const research = new Task({
  name: 'research',
  description: 'Research the topic: {topic}. Find key concepts, recent developments, expert opinions and statistics.',
  expectedOutput: 'Research summary with key points',
  agent: researcher,
});

const write = new Task({
  name: 'write',
  description: 'Based on the research, write a 500-word blog post about {topic}, with headers, examples and a conclusion.',
  expectedOutput: 'Complete blog post in markdown',
  agent: writer,
  context: [research],
});

const edit = new Task({
  name: 'edit',
  description: 'Edit the blog post: grammar, flow, tone and structure. Return the final version.',
  expectedOutput: 'Final polished blog post',
  agent: editor,
  context: [write],
});

/** The names of the agents are the roles in rolecall.yaml. */
export function blogCrew(model: Model) {
  return new Crew({ name: 'blog', tasks: [research, write, edit], model });
}
