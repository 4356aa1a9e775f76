import { expect, test } from 'vitest';
import { html } from './markup.ts';

test('texts are escaped, as text and as an attribute', () => {
  const name = `"><script>alert('x')</script>&\``;

  expect(html`<p title="${name}">${name}</p>`.text).not.toMatch(/<script|title=""|'x'|&(?!#)/);
  expect(html`<b>${'a < b'}</b>`.text).toBe('<b>a &#60; b</b>');
});

test('markup is put in as it is, lists one after another, and what is absent leaves nothing', () => {
  const items = [1, 2].map((item) => html`<li>${item}</li>`);

  expect(
    html`<ul>
      ${items}${undefined}${[]}
    </ul>`.text,
  ).toBe('<ul>\n<li>1</li><li>2</li>\n</ul>');
});

test('a text keeps its own white space, and a template its line ends alone', () => {
  expect(html`<p>${'two\n  lines'}</p>`.text).toBe('<p>two\n  lines</p>');
});
