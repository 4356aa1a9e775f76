/** Whether a list of models, as a key has it, holds a name: `role:*` stands for all roles. */
export function mayAsk(models: readonly string[], name: string): boolean {
  return models.includes(name) || (name.startsWith('role:') && models.includes('role:*'));
}
