import { setTimeout as delay } from 'node:timers/promises';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Attempt } from '@rolecall/core';
import { expect, test } from 'vitest';
import { Refusal } from '../http/refusal.ts';
import type { Ask, CallEnding, Caller } from '../http/route.ts';
import { LiveEvents } from './live-events.ts';
import { RequestFeed } from './request-feed.ts';

const caller: Caller = { isAdmin: false, keyName: 'blog' };
const failed: Attempt = {
  id: '1',
  name: 'main',
  model: 'openai/gpt-4o',
  startedAt: 1,
  waitMs: 0,
  durationMs: 5,
  outcome: 'failed',
  code: 'network',
  reason: 'words of a provider',
};

function asked(callId: string): Ask {
  return { model: 'main', isIdShared: false, fallbacks: [], tags: [], inputTokens: 1, callId };
}

function ending(callId: string, attempts: readonly Attempt[] = []): CallEnding {
  const api = 'chat.completions';
  return {
    callId,
    api,
    caller,
    ask: asked(callId),
    status: 200,
    isStream: false,
    outcome: 'answered',
    startedAt: 1,
    durationMs: 1,
    attempts,
  };
}

class Reader extends EventEmitter {
  readonly events: string[] = [];
  writableNeedDrain = false;
  writableEnded = false;

  writeHead(): void {
    this.events.length = 0;
  }

  write(event: string): void {
    this.events.push(event);
  }

  end(): void {
    this.writableEnded = true;
    this.emit('close');
  }
}

const joined = (events: LiveEvents): Reader => {
  const reader = new Reader();
  events.serve({ response: reader as unknown as ServerResponse });
  return reader;
};

test('a call under way is there with what has failed of it, until it is over', () => {
  const feed = new RequestFeed();

  feed.begin(caller, asked('one'));
  feed.attempt('one', failed);
  const during = feed.find('one');
  feed.add(ending('one', [failed]));

  expect(during).toMatchObject({ outcome: 'pending', key: 'blog', attempts: [{ name: 'main', code: 'network' }] });
  expect(JSON.stringify(during)).not.toContain('words of a provider');
  expect(feed.find('one')?.outcome).toBe('answered');
  expect(feed.latest().length).toBe(1);
});

test('five hundred are kept, and a thousand under way', () => {
  const feed = new RequestFeed();
  for (let call = 0; call < 1_200; call++) feed.begin(caller, asked(`begun ${call}`));
  for (let call = 0; call < 600; call++) feed.add(ending(`over ${call}`));

  expect(feed.latest(5_000).length).toBe(1_500);
  expect(feed.find('over 99')).toBeUndefined();
  expect(feed.find('over 100')).toBeDefined();
});

test('a call id that comes again stands for the later of its calls', () => {
  const feed = new RequestFeed();
  feed.add(ending('again'));
  feed.begin(caller, asked('again'));
  feed.begin(caller, asked('again'));
  const during = feed.find('again');
  feed.add(ending('again', [failed]));
  feed.add(ending('again'));
  for (let call = 0; call < 499; call++) feed.add(ending(`other ${call}`));

  expect(during?.outcome).toBe('pending');
  expect(feed.find('again')).toMatchObject({ outcome: 'answered', attempts: [] });
  expect(feed.latest(5_000).length).toBe(500);
});

test('readers hear of many changes at once, and of no more than a hundred; a slow one is not waited for', async () => {
  const feed = new RequestFeed();
  const events = new LiveEvents(feed);
  const [quick, slow] = [joined(events), joined(events)];
  slow.writableNeedDrain = true;

  for (let call = 0; call < 300; call++) feed.add(ending(`call ${call}`));
  await delay(400);
  events.close();

  const told = quick.events.filter((event) => event.startsWith('event: requests'));
  expect(told.length).toBe(1);
  expect(told[0]?.match(/"id":/g)?.length).toBe(100);
  expect(told[0]).toContain('call 299');
  expect(slow.events.length).toBe(1);
  expect([quick.writableEnded, slow.writableEnded]).toEqual([true, true]);
});

test('fifty may listen', () => {
  const events = new LiveEvents(new RequestFeed());
  for (let reader = 0; reader < 50; reader++) joined(events);

  expect(() => joined(events)).toThrow(Refusal);
  events.close();
  joined(events);
  events.close();
});
