import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createLog } from '../log/request-log.ts';
import { Counter } from '../metrics/series.ts';
import { Alerts } from './alerts.ts';

test('an alert does not follow a redirect, and the log names both origins and no more', async () => {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.writeHead(307, { location: 'https://elsewhere.example/in?token=theirs' }).end();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const lines: string[] = [];
  const lost = new Promise<void>((resolve) => {
    const log = createLog('error', { write: (line: string) => (lines.push(line), resolve()) });
    const alerts = new Alerts({ slackUrl: `${origin}/services/secret` }, log, new Counter());
    alerts.raise({ kind: 'budget', subject: 'all', message: 'half is spent', facts: {} });
  });

  await lost;
  server.closeAllConnections();
  server.close();

  expect(asked).toEqual(['/services/secret']);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    event: 'alert_lost',
    kind: 'budget',
    reason: `${origin} redirects to https://elsewhere.example, where nothing was sent: if that is right, configure it as the address`,
  });
  expect(lines.join('')).not.toMatch(/secret|theirs/);
});
