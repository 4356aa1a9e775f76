import { expect, test } from 'vitest';
import { MemoryKeyStore } from './key-store.ts';
import type { VirtualKey } from './virtual-key.ts';

function keyOf(id: string, more: Partial<VirtualKey> = {}): VirtualKey {
  const limits = { models: [], tags: [], budgetWindow: 'total', isBlocked: false } as const;
  return { id, name: 'blog', hint: 'sk-...', ...limits, createdAt: 0, isConfigured: false, ...more };
}

test('of two keys of one name there is one to go by as long as one is there', () => {
  const store = new MemoryKeyStore();
  store.put(keyOf('made', { rpm: 1 }));
  store.configure([keyOf('written', { rpm: 2, isConfigured: true })]);

  const both = store.byName('blog');
  store.configure([]);
  const made = store.byName('blog');
  store.remove('made');

  expect([both, made, store.byName('blog')].map((key) => key?.id)).toEqual(['made', 'made', undefined]);
});

test('a key that is changed keeps its name, and a name that is given up is free', () => {
  const store = new MemoryKeyStore();
  store.put(keyOf('one', { rpm: 1 }));
  store.put(keyOf('one', { rpm: 2 }));
  store.put(keyOf('one', { rpm: 3, name: 'diary' }));

  expect(store.byName('blog')).toBeUndefined();
  expect(store.byName('diary')?.rpm).toBe(3);
  expect(store.all()).toHaveLength(1);
});
