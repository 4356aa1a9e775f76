import { expect, test } from 'vitest';
import { checkGatewayOptions } from './gateway-options.ts';

test.each([
  ['./litellm_config.yaml', "createGateway takes options, such as { config: './litellm_config.yaml' }"],
  [{}, 'createGateway: config is undefined; it must be the path of a configuration file'],
  [{ config: {} }, 'createGateway: config is an object; it must be the path of a configuration file'],
  [{ conf: 'a.yaml' }, 'createGateway: config is undefined'],
  [{ config: 'a.yaml', port: 4000 }, 'createGateway has no option "port"; it has: config, insecure, watch, env, logTo, stallMs'],
  [{ config: 'a.yaml', insecure: 'no' }, 'createGateway: insecure is a string; it must be true or false'],
  [{ config: 'a.yaml', stallMs: 0 }, 'createGateway: stallMs is 0; it must be a number of milliseconds above 0'],
])('the options %o are refused, and it is said what is valid', (options, message) => {
  expect(() => checkGatewayOptions(options)).toThrow(message);
});

test('options that are there and undefined count as absent', () => {
  const options = { config: 'a.yaml', insecure: undefined, watch: false, env: {}, logTo: undefined, stallMs: 1 };

  expect(() => checkGatewayOptions(options)).not.toThrow();
});
