import type { Model } from '@rolecall/core';
import type { Deployment } from '../deployment.ts';
import type { Circuit } from './circuit.ts';
import type { Load } from './gate.ts';

/** One of several backends behind a name, with what its policies know of its state. */
export interface Member extends Deployment {
  readonly id: string;
  readonly model: Model & { readonly circuit?: Circuit | undefined; readonly load?: Load | undefined };
}
