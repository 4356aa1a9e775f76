/** The options of `createGateway`, checked before anything is read: a mistake is a `TypeError` that says what is valid. */
const rules: Readonly<Record<string, { readonly valid: string; holds(value: unknown): boolean }>> = {
  config: { valid: 'the path of a configuration file', holds: (value) => typeof value === 'string' && value !== '' },
  insecure: { valid: 'true or false', holds: (value) => typeof value === 'boolean' },
  watch: { valid: 'true or false', holds: (value) => typeof value === 'boolean' },
  env: { valid: 'an object of variables', holds: (value) => typeof value === 'object' && value !== null },
  logTo: {
    valid: 'an object with write(lines)',
    holds: (value) => typeof (value as { write?: unknown } | null)?.write === 'function',
  },
  stallMs: { valid: 'a number of milliseconds above 0', holds: (value) => typeof value === 'number' && value > 0 },
};

export function checkGatewayOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError("createGateway takes options, such as { config: './litellm_config.yaml' }");
  const given: Readonly<Record<string, unknown>> = { config: undefined, ...options };
  for (const [name, value] of Object.entries(given)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!rule)
      throw new TypeError(`createGateway has no option ${JSON.stringify(name)}; it has: ${Object.keys(rules).join(', ')}`);
    if (name !== 'config' && value === undefined) continue;
    if (!rule.holds(value)) throw new TypeError(`createGateway: ${name} is ${kindOf(value)}; it must be ${rule.valid}`);
  }
}

/** Not the value: variables hold keys. */
function kindOf(value: unknown): string {
  if (value === null || ['undefined', 'number', 'boolean'].includes(typeof value)) return String(value);
  return value === '' ? 'an empty string' : `a${/^[ao]/.test(typeof value) ? 'n' : ''} ${typeof value}`;
}
