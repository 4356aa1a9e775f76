/** What a `Content-Type` says about a page. */

export type PageKind = 'html' | 'text';

/** @throws {Error} for what is not text. */
export function kindOf(contentType: string | undefined): { kind: PageKind; charset: string | undefined } {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const essence = type.trim();
  const charset = parameters
    .map((parameter) => /^\s*charset\s*=\s*["']?([^"'\s]+)/.exec(parameter)?.[1])
    .find((label) => label !== undefined);
  if (essence === 'text/html' || essence === 'application/xhtml+xml') return { kind: 'html', charset };
  if (isText(essence)) return { kind: 'text', charset };
  const shown = essence === '' ? 'no content type' : `the content type ${JSON.stringify(essence.slice(0, 80))}`;
  throw new Error(`the page has ${shown}; only text is read (HTML, plain text, Markdown, JSON, XML)`);
}

function isText(essence: string): boolean {
  return essence.startsWith('text/') || /^application\/(?:json|xml|yaml|[\w.-]+\+(?:json|xml|yaml))$/.test(essence);
}
