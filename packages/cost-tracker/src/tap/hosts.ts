/** Who answers at an address, and what is known of them. */

/** Providers by host name, or by the end of it. */
const providers: readonly (readonly [host: string, provider: string])[] = [
  ['api.openai.com', 'openai'],
  ['openai.azure.com', 'azure'],
  ['api.anthropic.com', 'anthropic'],
  ['api.groq.com', 'groq'],
  ['openrouter.ai', 'openrouter'],
  ['api.mistral.ai', 'mistral'],
  ['api.deepseek.com', 'deepseek'],
  ['api.together.xyz', 'together'],
  ['api.fireworks.ai', 'fireworks'],
  ['api.x.ai', 'x-ai'],
  ['api.perplexity.ai', 'perplexity'],
  ['api.cerebras.ai', 'cerebras'],
  ['generativelanguage.googleapis.com', 'google'],
  ['ollama.com', 'ollama'],
];

const vendors: ReadonlySet<string> = new Set(providers.map(([, provider]) => provider));

/**
 * Those that document `stream_options.include_usage`: https://platform.openai.com/docs/api-reference/chat/create and
 * https://api-docs.deepseek.com/api/create-chat-completion. Others have refused it, or send usage unasked.
 */
const takeUsageOption: ReadonlySet<string> = new Set(['openai', 'deepseek']);

/** The provider at a host; absent for a host that nobody knows. */
export function providerAt(hostname: string): string | undefined {
  return providers.find(([host]) => hostname === host || hostname.endsWith(`.${host}`))?.[1];
}

/** Somebody who sends bills. */
export function isVendor(provider: string): boolean {
  return vendors.has(provider);
}

export function takesUsageOption(provider: string | undefined): boolean {
  return provider !== undefined && takeUsageOption.has(provider);
}

/** Loopback, private and link-local addresses, names of one word, and `*.localhost`, `*.local`, `*.internal`. */
export function isLocalHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host.includes(':')) return host === '::1' || host === '::' || /^(?:f[cd]|fe[89ab])/.test(host);
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(host)) return !host.includes('.') || /\.(?:localhost|local|internal)$/.test(host);
  const [a = 0, b = 0] = host.split('.').map(Number);
  if (host === '0.0.0.0' || a === 127 || a === 10) return true;
  return (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168) || (a === 169 && b === 254);
}
