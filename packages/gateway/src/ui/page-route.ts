/** The page of the dashboard: one document that asks for nothing but `/ui/api`, under a policy that would allow no more. */
import { createHash } from 'node:crypto';
import type { Route } from '../http/route.ts';
import { script } from './page-script.ts';
import { style } from './style.ts';

/** The hash of what stands between the tags: no other script and no other style can run. */
function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

function headersOf(): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'", // text can become a tag by no way at all
    "trusted-types 'none'",
  ];
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-cache',
  };
}

const page = (): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>Rolecall</title>
<style>${style}</style>
</head>
<body>
<div id="app"><noscript>The dashboard needs JavaScript.</noscript></div>
<script type="module">${script}</script>
</body>
</html>
`;

export function pageRoute(): Route {
  const headers = headersOf();
  const text = page();
  return {
    method: 'GET',
    path: '/ui',
    area: 'open',
    handle: ({ response }) => {
      response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(text) });
      response.end(text);
    },
  };
}
