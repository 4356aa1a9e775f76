export { startSimulator, type Simulator, type SimulatorOptions } from './simulator.ts';
export type { ScriptedAnswer, ScriptedCall } from './answers.ts';
export type { AnswerUsage, Finish } from './ask.ts';
export type { SeenRequest } from './exchange.ts';
export type { Fault, FaultEffect, FaultKind, FaultTarget } from './faults.ts';
export type { ChancyOrder, Order, Ordered } from './orders.ts';
export type { ProviderName } from './provider.ts';
