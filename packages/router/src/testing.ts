/** The conformance suite: what every adapter must do, as plain functions for any test runner. */
import { abortCases } from './conformance/aborts.ts';
import { answerCases } from './conformance/answers.ts';
import { Bench } from './conformance/bench.ts';
import type { AdapterCase, AdapterUnderTest } from './conformance/contract.ts';
import { failureCases } from './conformance/failures.ts';
import { relayCases } from './conformance/relays.ts';
import { requestCases } from './conformance/requests.ts';
import { toolCases } from './conformance/tools.ts';

export type {
  AdapterBackend,
  AdapterCase,
  AdapterFeature,
  AdapterUnderTest,
  BackendAnswer,
  BackendFault,
  BackendRequest,
  RelayedQuestion,
} from './conformance/contract.ts';

/**
 * The cases an adapter must pass, each a title and a function. Without a backend under orders only those are listed that a real
 * provider can be asked to pass.
 *
 * @example
 * const simulator = await startSimulator();
 * const cases = adapterCases({
 *   provider: 'mine',
 *   createModel: ({ apiKey }) => mine('some-model', { apiKey, baseURL: simulator.urls.openai }),
 *   backend: simulator,
 *   backendProvider: 'openai',
 * });
 * for (const { title, run } of cases) test(title, run);
 */
export function adapterCases(adapter: AdapterUnderTest): readonly AdapterCase[] {
  const bench = new Bench(adapter);
  const cases = [answerCases, requestCases, toolCases, abortCases, failureCases, relayCases].flatMap((group) => group(bench));
  return adapter.backend ? cases : cases.filter(({ needs }) => needs === 'model');
}
