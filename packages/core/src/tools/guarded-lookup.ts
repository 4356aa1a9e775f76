/** Resolves names for sockets, and refuses those that lead anywhere but to the public internet. */
import type { LookupFunction } from 'node:net';
import type { AddressGuard } from './addresses.ts';

/**
 * What a socket is handed is what was judged: between the check and the connection nothing is resolved again, so an answer
 * that changes (DNS rebinding) gains nothing. One address that is refused refuses the name.
 */
export function guardedLookup(lookup: LookupFunction, guard: AddressGuard): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, answer, family) => {
      if (error) return callback(error, '');
      const addresses = Array.isArray(answer) ? answer : [{ address: answer, family: family ?? 4 }];
      const [first] = addresses;
      if (!first) return callback(new Error(`${hostname} has no address`), '');
      for (const { address } of addresses) {
        const reason = guard(address);
        if (reason !== undefined) return callback(new Error(`${hostname} is refused: ${address} ${reason}`), '');
      }
      return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}
