/** A gateway in front of the simulator, over real sockets. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator, type Simulator, type SimulatorOptions } from '@rolecall/simulator';
import { createGateway, type Gateway, type GatewayOptions } from '../src/index.ts';

export interface TestGateway {
  readonly simulator: Simulator;
  readonly gateway: Gateway;
  /** `http://127.0.0.1:54321` */
  readonly url: string;
  /** The path of its configuration. */
  readonly config: string;
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
  close(): Promise<void>;
}

/** A model of each provider, by the provider's name. */
export const fourModels = `
model_list:
  - { model_name: gpt, litellm_params: { model: openai/gpt-4.1 } }
  - { model_name: claude, litellm_params: { model: anthropic/claude-sonnet-5-5 } }
  - { model_name: groq, litellm_params: { model: groq/llama-3.3-70b-versatile } }
  - { model_name: local, litellm_params: { model: ollama/mistral } }
router_settings: { num_retries: 0 }
`;

interface TestOptions extends Partial<GatewayOptions> {
  readonly simulator?: SimulatorOptions;
  /** @default '127.0.0.1' */
  readonly host?: string;
}

export async function gatewayWith(
  yaml: string = fourModels,
  { simulator: simulated, host, ...options }: TestOptions = {},
): Promise<TestGateway> {
  const simulator = await startSimulator(simulated);
  const folder = await mkdtemp(join(tmpdir(), 'rolecall-gateway-'));
  const config = join(folder, 'config.yaml');
  await writeFile(config, yaml);
  const { openai, anthropic, groq, ollama } = simulator.urls;
  const env = {
    OPENAI_API_KEY: 'sk-test-openai-1234',
    ANTHROPIC_API_KEY: 'sk-ant-test-1234',
    GROQ_API_KEY: 'gsk_test_1234',
    OPENAI_BASE_URL: openai,
    ANTHROPIC_BASE_URL: anthropic,
    GROQ_BASE_URL: groq,
    OLLAMA_API_BASE: ollama,
  };
  const gateway = await createGateway({ config, env, logTo: { write: () => undefined }, ...options });
  const { port } = await gateway.listen(0, host);
  const url = `http://127.0.0.1:${port}`;
  return {
    simulator,
    gateway,
    url,
    config,
    post: (path, body, headers = {}) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer any', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    async close() {
      await gateway.close({ graceMs: 100 });
      await simulator.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
