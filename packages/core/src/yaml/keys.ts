/** The keys of `agents.yaml` and `tasks.yaml`: CrewAI's, and Rolecall's where they differ. This file imports no code. */

export type Kind =
  | 'text'
  | 'flag'
  | 'number'
  | 'seconds'
  | 'settings'
  | 'texts'
  | 'tools'
  | 'schema'
  | 'agent'
  | 'tasks'
  | 'human';

export interface Key {
  /** The option it sets. */
  readonly option: string;
  readonly kind: Kind;
}

export interface Keys {
  readonly known: Readonly<Record<string, Key>>;
  readonly required: readonly string[];
  /** Taken, and without effect. */
  readonly ignored: Readonly<Record<string, string>>;
  /** Not taken, and what to do in its place. */
  readonly refused: Readonly<Record<string, string>>;
}

const inCode = 'is code: give it to the Task where the crew is made';

export const agentKeys: Keys = {
  required: ['role', 'goal', 'backstory'],
  known: {
    role: { option: 'role', kind: 'text' },
    goal: { option: 'goal', kind: 'text' },
    backstory: { option: 'backstory', kind: 'text' },
    name: { option: 'name', kind: 'text' },
    llm: { option: 'model', kind: 'text' },
    model: { option: 'model', kind: 'text' },
    settings: { option: 'settings', kind: 'settings' },
    system_prompt: { option: 'systemPrompt', kind: 'text' },
    tools: { option: 'tools', kind: 'tools' },
    max_iter: { option: 'maxIterations', kind: 'number' },
    max_iterations: { option: 'maxIterations', kind: 'number' },
    max_retry_limit: { option: 'maxRetries', kind: 'number' },
    max_retries: { option: 'maxRetries', kind: 'number' },
    max_rpm: { option: 'maxRpm', kind: 'number' },
    max_execution_time: { option: 'timeoutMs', kind: 'seconds' },
    timeout_ms: { option: 'timeoutMs', kind: 'number' },
    allow_delegation: { option: 'allowDelegation', kind: 'flag' },
  },
  ignored: {
    verbose: 'listen to events, or print progress(crew)',
    cache: 'a router caches model calls; results of tools are not cached',
    use_system_prompt: 'there always is one',
    respect_context_window: 'see contextWindow of an Agent',
  },
  refused: {
    function_calling_llm: 'has no counterpart: the agent calls its tools itself',
    step_callback: 'is code: listen to events',
    system_template: 'has no counterpart: write system_prompt',
    prompt_template: 'has no counterpart: write system_prompt',
    response_template: 'has no counterpart',
    memory: 'is code: give loadYaml the memory',
    knowledge_sources: 'is code: give loadYaml the knowledge',
  },
};

export const taskKeys: Keys = {
  required: ['description', 'expected_output'],
  known: {
    description: { option: 'description', kind: 'text' },
    expected_output: { option: 'expectedOutput', kind: 'text' },
    agent: { option: 'agent', kind: 'agent' },
    context: { option: 'context', kind: 'tasks' },
    tools: { option: 'tools', kind: 'tools' },
    output: { option: 'output', kind: 'schema' },
    output_json: { option: 'output', kind: 'schema' },
    output_pydantic: { option: 'output', kind: 'schema' },
    guardrail: { option: 'guardrails', kind: 'text' },
    guardrails: { option: 'guardrails', kind: 'texts' },
    guardrail_max_retries: { option: 'maxRetries', kind: 'number' },
    max_retries: { option: 'maxRetries', kind: 'number' },
    output_file: { option: 'outputFile', kind: 'text' },
    create_directory: { option: 'createFolder', kind: 'flag' },
    create_folder: { option: 'createFolder', kind: 'flag' },
    markdown: { option: 'markdown', kind: 'flag' },
    async_execution: { option: 'async', kind: 'flag' },
    async: { option: 'async', kind: 'flag' },
    human_input: { option: 'human', kind: 'human' },
    timeout_ms: { option: 'timeoutMs', kind: 'number' },
  },
  ignored: {},
  refused: { callback: inCode, condition: inCode, when: inCode, human: inCode, converter_cls: 'has no counterpart' },
};
