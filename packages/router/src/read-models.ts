/** The reading of a router's named models: each is one backend or several. */
import type { Deployment } from './deployment.ts';
import { atLeastZero, checkOptions, countFromOne, countFromZero, objectAt, refuse, type Rule } from './options-check.ts';

/** One of the backends behind a named model. */
export interface NamedDeployment extends Deployment {
  readonly id: string;
}

const owner = 'createRouter';
const validModel = 'a model: a function such as openai(…) returns';
const isString = (value: unknown): value is string => typeof value === 'string';
const anOption: Rule = {
  valid: 'an object, or false',
  holds: (value) => value === false || (typeof value === 'object' && value !== null),
};

const rules: Readonly<Record<keyof NamedDeployment, Rule>> = {
  model: { valid: validModel, holds: (value) => typeof value === 'function' },
  id: { valid: 'a string that is not empty', holds: (value) => isString(value) && value !== '' },
  weight: atLeastZero,
  rpm: countFromOne,
  tpm: countFromOne,
  maxConcurrent: countFromOne,
  order: { valid: 'a finite number', holds: Number.isFinite },
  tags: { valid: 'a list of strings', holds: (value) => Array.isArray(value) && value.every(isString) },
  maxInputTokens: countFromOne,
  inputUsdPerMillion: atLeastZero,
  outputUsdPerMillion: atLeastZero,
  retries: countFromZero,
  cooldown: anOption,
  timeout: anOption,
};

/** The deployments of each named model, all with an id that no other has. */
export function readModels(models: unknown): ReadonlyMap<string, readonly NamedDeployment[]> {
  const named = Object.entries(objectAt(owner, 'models', models));
  if (named.length === 0) refuse(owner, 'models', models, 'an object with at least one named model');
  const read = new Map(named.map(([name, given]) => [name, readModel(`models.${name}`, name, given)]));
  const owners = new Map<string, string>();
  for (const [name, deployments] of read) {
    for (const { id } of deployments) {
      const other = owners.get(id) ?? (id !== name && read.has(id) ? id : undefined);
      if (other !== undefined)
        throw new TypeError(`${owner}: models.${name}: the id "${id}" is taken, by ${other}; each deployment has its own.`);
      owners.set(id, name);
    }
  }
  return read;
}

function readModel(field: string, name: string, given: unknown): readonly NamedDeployment[] {
  if (typeof given === 'function') return [readDeployment(field, name, { model: given }, name)];
  if (!Array.isArray(given)) return refuse(owner, field, given, `${validModel}, or a list of deployments`);
  if (given.length === 0) refuse(owner, field, given, 'a list of at least one deployment');
  return given.map((deployment: unknown, index) => {
    const id = given.length === 1 ? name : `${name}#${index + 1}`;
    return readDeployment(`${field}[${index}]`, name, deployment, id);
  });
}

function readDeployment(field: string, name: string, given: unknown, id: string): NamedDeployment {
  const options = objectAt(owner, field, given, 'an object with a model');
  checkOptions(`${owner}: ${field}`, options, rules);
  if (options['model'] === undefined) refuse(owner, `${field}.model`, undefined, validModel);
  const deployment = { ...options, id: options['id'] ?? id } as NamedDeployment;
  const objection = deployment.model.check?.({ model: name });
  if (objection === undefined) return deployment;
  throw new TypeError(`${owner}: ${field}: ${objection} A router within a router is given as router.role(…) or router.model(…).`);
}
