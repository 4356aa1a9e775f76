// The Restate server of the benchmarks: the binary that npm has brought for the private suite.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

/** Where it is, if there is one for this platform. */
export function binary() {
  try {
    const require = createRequire(new URL('../restate-test/package.json', import.meta.url));
    const wrapper = createRequire(require.resolve('@restatedev/restate-server/package.json'));
    const manifest = wrapper.resolve(`@restatedev/restate-server-${process.platform}-${process.arch}/package.json`);
    return new URL('bin/restate-server', pathToFileURL(manifest)).pathname;
  } catch {
    return undefined;
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** With ports of its own; its state is in the folder. */
export async function startServer(command, folder) {
  const [ingressPort, adminPort, nodePort] = [await freePort(), await freePort(), await freePort()];
  const env = {
    ...process.env,
    RESTATE_BIND_IP: '127.0.0.1',
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_LOG_FILTER: 'off',
    RESTATE_BIND_PORT: String(nodePort),
    RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${nodePort}`,
    RESTATE_INGRESS__BIND_PORT: String(ingressPort),
    RESTATE_ADMIN__BIND_PORT: String(adminPort),
  };
  const args = ['--no-logo', '--node-name', 'n1', '--base-dir', folder];
  const server = spawn(command, args, { env, stdio: 'ignore' });
  const [ingress, admin] = [`http://127.0.0.1:${ingressPort}`, `http://127.0.0.1:${adminPort}`];
  const urls = [`${admin}/health`, `${ingress}/restate/health`];
  for (const url of urls) while (!(await fetch(url).catch(() => undefined))?.ok) await delay(50);
  return { ingress, admin, stop: () => server.kill('SIGKILL') };
}
