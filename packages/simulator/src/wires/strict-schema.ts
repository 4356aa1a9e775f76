import { isRecord, listOf, recordOf } from '../json.ts';

/** Why a schema cannot be held to strictly: every object must be closed, and all its properties required. */
export function strictSchemaFault(schema: unknown, at: readonly string[] = []): string | undefined {
  const node = recordOf(schema);
  const where = `In context=(${at.map((step) => `'${step}'`).join(', ')})`;
  if (isRecord(node['properties']) || node['type'] === 'object') {
    if (node['additionalProperties'] !== false)
      return `${where}, 'additionalProperties' is required to be supplied and to be false.`;
    const required = listOf(node['required']);
    const missing = Object.keys(recordOf(node['properties'])).find((name) => !required.includes(name));
    if (missing !== undefined) {
      return `${where}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`;
    }
  }
  for (const [step, child] of childrenOf(node)) {
    const fault = strictSchemaFault(child, [...at, step]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function childrenOf(node: Readonly<Record<string, unknown>>): readonly (readonly [string, unknown])[] {
  const named = ['properties', '$defs', 'definitions'].flatMap((keyword) => Object.entries(recordOf(node[keyword])));
  const listed = ['anyOf', 'oneOf', 'allOf'].flatMap((keyword) =>
    listOf(node[keyword]).map((child, index) => [`${keyword}[${index}]`, child] as const),
  );
  return [...named, ...listed, ...('items' in node ? [['items', node['items']] as const] : [])];
}
