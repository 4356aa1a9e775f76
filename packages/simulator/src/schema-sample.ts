import { isRecord, listOf, numberOf, recordOf, textOf, type JsonRecord } from './json.ts';

export interface SampleOptions {
  /** The text for a string property of this name. @default `simulated <name>` */
  readonly textFor?: ((name: string) => string) | undefined;
}

/** Below this depth only what a schema insists on is sampled, so that recursive schemas end. */
const deepest = 4;
/** A schema that never ends has no sample; this is where the search for one does. */
const bottom = 40;

/** A value that satisfies a JSON Schema: always the same one, and as plain as the schema allows. */
export function sampleSchema(schema: unknown, options: SampleOptions = {}): unknown {
  const textFor = options.textFor ?? ((name: string) => `simulated ${name}`);
  return new Sampler(recordOf(schema), textFor).sample(schema, 'value', 0);
}

class Sampler {
  readonly #root: JsonRecord;
  readonly #textFor: (name: string) => string;

  constructor(root: JsonRecord, textFor: (name: string) => string) {
    this.#root = root;
    this.#textFor = textFor;
  }

  sample(schema: unknown, name: string, depth: number): unknown {
    if (depth > bottom) return null;
    const node = this.#resolve(schema, depth);
    if ('const' in node) return node['const'];
    if (listOf(node['enum']).length > 0) return listOf(node['enum'])[0];
    if ('default' in node) return node['default'];
    if (listOf(node['examples']).length > 0) return listOf(node['examples'])[0];
    const choices = [...listOf(node['anyOf']), ...listOf(node['oneOf'])];
    if (choices.length > 0) return this.sample(this.#choose(node, choices, depth), name, depth);
    switch (this.#typeOf(node, depth)) {
      case 'object':
        return this.#object(node, depth);
      case 'array':
        return this.#array(node, name, depth);
      case 'integer':
        return sampleNumber(node, 1);
      case 'number':
        return sampleNumber(node, undefined);
      case 'boolean':
        return true;
      case 'null':
        return null;
      default:
        return sampleText(node, this.#textFor(name));
    }
  }

  /** Follows `$ref` and folds `allOf` into one schema. */
  #resolve(schema: unknown, depth: number): JsonRecord {
    if (depth > bottom) return {};
    let node = recordOf(schema);
    for (let hops = 0; textOf(node['$ref']) !== undefined && hops < 32; hops++) {
      const { $ref, ...beside } = node;
      node = { ...this.#lookUp(String($ref)), ...beside };
    }
    return listOf(node['allOf']).reduce<JsonRecord>((merged, part) => merge(merged, this.#resolve(part, depth + 1)), node);
  }

  /** A JSON pointer into the schema. */
  #lookUp(reference: string): JsonRecord {
    const steps = reference.replace(/^#\/?/, '').split('/').filter(Boolean);
    const keys = steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    return recordOf(keys.reduce<unknown>((at, key) => recordOf(at)[key], this.#root));
  }

  /** The first choice; deep down, one that ends the descent. */
  #choose(node: JsonRecord, choices: readonly unknown[], depth: number): unknown {
    const { anyOf: _anyOf, oneOf: _oneOf, ...base } = node;
    const ends = (choice: unknown) => !['object', 'array'].includes(String(this.#typeOf(this.#resolve(choice, depth), depth)));
    const chosen = depth < deepest ? choices[0] : (choices.find(ends) ?? choices[0]);
    return merge(base, this.#resolve(chosen, depth));
  }

  #typeOf(node: JsonRecord, depth: number): string | undefined {
    const types = Array.isArray(node['type']) ? node['type'].map(String) : undefined;
    if (types) return depth >= deepest && types.includes('null') ? 'null' : types[0];
    if (textOf(node['type']) !== undefined) return textOf(node['type']);
    if (isRecord(node['properties']) || isRecord(node['additionalProperties'])) return 'object';
    return 'items' in node || 'prefixItems' in node ? 'array' : undefined;
  }

  #object(node: JsonRecord, depth: number): JsonRecord {
    const required = new Set(listOf(node['required']).map(String));
    const properties = recordOf(node['properties']);
    const names = [...new Set([...Object.keys(properties), ...required])].filter((name) => required.has(name) || depth < deepest);
    const sample = Object.fromEntries(
      names.map((name) => [name, this.sample(properties[name] ?? node['additionalProperties'], name, depth + 1)]),
    );
    for (let extra = 1; Object.keys(sample).length < (numberOf(node['minProperties']) ?? 0); extra++) {
      sample[`key${extra}`] = this.sample(node['additionalProperties'], `key${extra}`, depth + 1);
    }
    return sample;
  }

  #array(node: JsonRecord, name: string, depth: number): readonly unknown[] {
    const fixed = listOf(node['prefixItems']);
    const least = numberOf(node['minItems']) ?? 0;
    const most = numberOf(node['maxItems']) ?? Infinity;
    const wished = Math.max(least, fixed.length, depth < deepest && node['items'] !== false ? 1 : 0);
    const length = Math.min(wished, most);
    const items = Array.from({ length }, (_, index) => this.sample(fixed[index] ?? node['items'], name, depth + 1));
    return node['uniqueItems'] === true ? items.map((item, index) => distinct(item, index)) : items;
  }
}

/** Adds the constraints of `more`: lists of `required` are joined, `properties` merged, the rest replaced. */
function merge(base: JsonRecord, more: JsonRecord): JsonRecord {
  const { allOf: _allOf, ...rest } = base;
  return {
    ...rest,
    ...more,
    properties: { ...recordOf(base['properties']), ...recordOf(more['properties']) },
    required: [...listOf(base['required']), ...listOf(more['required'])],
  };
}

function distinct(item: unknown, index: number): unknown {
  if (index === 0) return item;
  if (typeof item === 'number') return item + index;
  return typeof item === 'string' ? `${item} ${index + 1}` : item;
}

function sampleNumber(node: JsonRecord, whole: 1 | undefined): number {
  const step = numberOf(node['multipleOf']) || whole; // a step of 0 is none
  const above = numberOf(node['exclusiveMinimum']);
  const below = numberOf(node['exclusiveMaximum']);
  const least = Math.max(numberOf(node['minimum']) ?? -Infinity, above === undefined ? -Infinity : above);
  const most = Math.min(numberOf(node['maximum']) ?? Infinity, below === undefined ? Infinity : below);
  if (step !== undefined) {
    const lowest = Math.ceil(least / step) * step;
    const first = lowest === above ? lowest + step : lowest;
    const highest = Math.floor(most / step) * step;
    const last = highest === below ? highest - step : highest;
    return Math.min(Math.max(step, first), last);
  }
  const plain = Math.min(Math.max(1, least), most);
  if (plain !== above && plain !== below) return plain;
  return Number.isFinite(least) && Number.isFinite(most) ? (least + most) / 2 : plain === above ? plain + 1 : plain - 1;
}

const formats: Readonly<Record<string, string>> = {
  'date-time': '2026-01-01T00:00:00Z',
  date: '2026-01-01',
  time: '00:00:00Z',
  duration: 'P1D',
  email: 'simulator@example.com',
  hostname: 'example.com',
  ipv4: '127.0.0.1',
  ipv6: '::1',
  uuid: '00000000-0000-4000-8000-000000000000',
  uri: 'https://example.com/simulated',
  url: 'https://example.com/simulated',
};

function sampleText(node: JsonRecord, plain: string): string {
  const format = formats[textOf(node['format']) ?? ''];
  if (format !== undefined) return format;
  const pattern = textOf(node['pattern']);
  const base = pattern === undefined ? plain : matching(pattern, plain);
  return base.padEnd(numberOf(node['minLength']) ?? 0, '.').slice(0, numberOf(node['maxLength']) ?? Infinity);
}

const candidates = ['simulated', 'SIMULATED', 'A', 'AB', 'ABC', '1', '12', '123', '1234', '12345', '#0a0b0c', '1.0.0'];

/** No generator of regular expressions: a few likely texts are tried against the pattern. */
function matching(pattern: string, plain: string): string {
  const slug = plain.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const likely = [plain, slug, slug.replaceAll('-', '_'), ...candidates, ...Object.values(formats)];
  try {
    const expression = new RegExp(pattern, 'u');
    return likely.find((text) => expression.test(text)) ?? plain;
  } catch {
    return plain; // not a pattern at all: nothing could match it
  }
}
