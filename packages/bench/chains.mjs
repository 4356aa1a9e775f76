// A chain of two links, of which the first is sound, or has failed and is left alone: compared in cooldown-cost.mjs.
import { createRouter } from '@rolecall/router';
import { openai } from '@rolecall/router/openai';

const messages = [{ role: 'user', content: 'Why does the tide come in twice a day?' }];
const apiKey = 'sk-bench';

async function chain(url, firstPath) {
  const first = openai('gpt-4o', { apiKey, baseURL: `${url}${firstPath}`, provider: 'openai' });
  const second = openai('gpt-4o-mini', { apiKey, baseURL: `${url}/v1`, provider: 'openai' });
  const cooldown = { baseMs: 300_000 };
  const router = createRouter({ models: { first, second }, roles: { bench: ['first', 'second'] }, cooldown });
  await router({ role: 'bench', messages }); // a rejected key opens the circuit at once
  return async () => {
    const { attempts } = await router({ role: 'bench', messages });
    const asked = attempts.filter(({ outcome }) => outcome !== 'skipped').length;
    if (asked !== 1) throw new Error(`${asked} backends were asked`);
  };
}

export const subjects = {
  'the first link is sound': (url) => chain(url, '/v1'),
  'the first link is cooling down': (url) => chain(url, '/broken/v1'),
};
