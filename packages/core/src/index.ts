export { Agent, type AgentOptions } from './agent.ts';
export type { ContextWindow } from './context-window.ts';
export type { ContextEdge, ContextSource } from './context-policy.ts';
export { Crew } from './crew.ts';
export type { CrewInputs, InputsNamed, KickoffArguments, KnownAgent } from './crew-inputs.ts';
export type { AfterKickoff, BeforeKickoff, CrewOptions } from './crew-options.ts';
export type { CrewResult } from './crew-result.ts';
export type { CrewStream } from './crew-stream.ts';
export { TaskError, type TaskErrorCode, type TaskErrorFacts } from './errors.ts';
export type * from './events.ts';
export type { Guardrail, GuardrailFunction, GuardrailVerdict, JudgedGuardrail, ReviewContext } from './guardrail.ts';
export type { InputNames, Inputs, InputValue } from './interpolate.ts';
export { fileJournal } from './journal/file-journal.ts';
export { JournalError, type Journal, type JournalErrorCode, type OpenRun } from './journal/journal.ts';
export type { ForEachOptions, ItemOutcome, ItemProgress } from './kickoff-for-each.ts';
export type { Knowledge, Passage, SearchOptions } from './knowledge.ts';
export type { Memory, Note, RecallOptions } from './memory.ts';
export type * from './model.ts';
export { progress, type Progress, type ProgressOptions, type ProgressOutput } from './progress.ts';
export type { Schema, SchemaIssue, Validation } from './schema.ts';
export type { KickoffOptions } from './run.ts';
export type { StepContext, StepFacts, Steps } from './steps.ts';
export {
  Task,
  type Condition,
  type HumanReview,
  type Retries,
  type TaskCallback,
  type TaskList,
  type TaskOptions,
  type TaskOutput,
} from './task.ts';
export { tool, type Tool, type ToolContext, type ToolOptions, type ToolResult } from './tool.ts';
export { addUsage, type Spend } from './usage.ts';
export type { Warning } from './warning.ts';
