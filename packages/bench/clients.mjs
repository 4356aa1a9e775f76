// Foreign clients through the gateway, in front of the simulator: the Vercel AI SDK and LangChain, plain, streamed, with tools and with a schema.
// Exits with 1 when one of them does not get what it asked for. Run on the built packages: node clients.mjs
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ChatOpenAI } from '@langchain/openai';
import { createGateway } from '@rolecall/gateway';
import { startSimulator } from '@rolecall/simulator';
import { generateText, jsonSchema, Output, streamText, tool } from 'ai';

const simulator = await startSimulator();
const config = join(mkdtempSync(join(tmpdir(), 'rolecall-clients-')), 'config.yaml');
writeFileSync(
  config,
  `model_list:
  - { model_name: gpt, litellm_params: { model: openai/gpt-4.1 } }
  - { model_name: claude, litellm_params: { model: anthropic/claude-sonnet-5-5 } }
  - { model_name: groq, litellm_params: { model: groq/llama-3.3-70b-versatile } }
  - { model_name: local, litellm_params: { model: ollama/mistral } }
general_settings: { log_level: silent }
`,
);
const { openai, anthropic, groq, ollama } = simulator.urls;
const keys = { OPENAI_API_KEY: 'k-openai', ANTHROPIC_API_KEY: 'k-anthropic', GROQ_API_KEY: 'k-groq' };
const env = { ...keys, OPENAI_BASE_URL: openai, ANTHROPIC_BASE_URL: anthropic, GROQ_BASE_URL: groq, OLLAMA_API_BASE: ollama };
const gateway = await createGateway({ config, env });
const { url } = await gateway.listen(0);
const baseURL = `${url}/v1`;

const prompt = 'What is the weather in Bern?';
const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };
const provider = createOpenAICompatible({ name: 'rolecall', baseURL, apiKey: 'any', supportsStructuredOutputs: true });
const vercel = (name) => ({ model: provider(name), prompt, maxRetries: 0 });
const chain = (model) => new ChatOpenAI({ model, apiKey: 'any', maxRetries: 0, configuration: { baseURL } });
const weather = { name: 'weather', description: 'The weather somewhere', schema };

const clients = {
  'AI SDK, plain': async (name) => (await generateText(vercel(name))).text !== '',
  'AI SDK, stream': async (name) => {
    let pieces = 0;
    for await (const _ of streamText(vercel(name)).textStream) pieces++;
    return pieces > 1;
  },
  'AI SDK, tools': async (name) => {
    const tools = { weather: tool({ inputSchema: jsonSchema(schema) }) };
    const { toolCalls } = await generateText({ ...vercel(name), tools });
    return typeof toolCalls[0]?.input.city === 'string';
  },
  'AI SDK, schema': async (name) => {
    const { output } = await generateText({ ...vercel(name), output: Output.object({ schema: jsonSchema(schema) }) });
    return typeof output.city === 'string';
  },
  'LangChain, plain': async (name) => (await chain(name).invoke(prompt)).text !== '',
  'LangChain, stream': async (name) => {
    let pieces = 0;
    for await (const chunk of await chain(name).stream(prompt)) if (chunk.text !== '') pieces++;
    return pieces > 1;
  },
  'LangChain, tools': async (name) => {
    const { tool_calls: calls } = await chain(name).bindTools([weather]).invoke(prompt);
    return typeof calls[0]?.args.city === 'string';
  },
  'LangChain, schema': async (name) => {
    const { city } = await chain(name).withStructuredOutput(schema, { name: 'place', method: 'jsonSchema' }).invoke(prompt);
    return typeof city === 'string';
  },
};

let failed = 0;
for (const [title, ask] of Object.entries(clients)) {
  for (const name of ['gpt', 'claude', 'groq', 'local']) {
    const outcome = await ask(name).catch((error) => error);
    if (outcome !== true) failed += 1;
    console.log(
      `${outcome === true ? 'ok    ' : 'FAILED'}  ${title.padEnd(18)} ${name}${outcome instanceof Error ? `: ${outcome.message}` : ''}`,
    );
  }
}
await gateway.close({ graceMs: 0 });
await simulator.close();
process.exitCode = failed > 0 ? 1 : 0;
