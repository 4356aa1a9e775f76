/** Which addresses belong to the public internet, after IANA's special-purpose registries (RFC 6890 and its updates). */
import { BlockList, isIP } from 'node:net';
import { invalid, requireListOfTexts } from '../check.ts';

type Range = readonly [network: string, prefix: number, kind: string];

const notPublic4: readonly Range[] = [
  ['0.0.0.0', 8, 'this network'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'carrier-grade NAT'],
  ['127.0.0.0', 8, 'loopback'],
  ['168.63.129.16', 32, 'a metadata service'], // Azure's, in public space
  ['169.254.0.0', 16, 'link-local'], // the metadata services of AWS, Google, Azure and others among them
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'reserved'], // Oracle's metadata service among them
  ['192.0.2.0', 24, 'for documentation'],
  ['192.88.99.0', 24, '6to4'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'for benchmarks'],
  ['198.51.100.0', 24, 'for documentation'],
  ['203.0.113.0', 24, 'for documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
];

/** Everything outside 2000::/3 is refused anyway; it is listed where it has a name. */
const notPublic6: readonly Range[] = [
  ['::', 128, 'unspecified'],
  ['::1', 128, 'loopback'],
  ['::ffff:0:0', 96, 'an IPv4 address in IPv6'],
  ['64:ff9b::', 96, 'an IPv4 address in IPv6'],
  ['64:ff9b:1::', 48, 'an IPv4 address in IPv6'],
  ['2001::', 23, 'reserved'], // Teredo among them
  ['2001:db8::', 32, 'for documentation'],
  ['2002::', 16, 'an IPv4 address in IPv6'],
  ['3fff::', 20, 'for documentation'],
  ['fc00::', 7, 'unique local'],
  ['fe80::', 10, 'link-local'],
  ['ff00::', 8, 'multicast'],
];
const globalUnicast6: Range = ['2000::', 3, 'public'];

/** Why an address is not to be connected to, or `undefined` for one that may be. */
export type AddressGuard = (address: string) => string | undefined;

/** Lists by family: one list for both would take every IPv4 address for a part of `::ffff:0:0/96`. */
type Lists = ReadonlyMap<4 | 6, BlockList>;

/** `allowed` holds addresses and ranges (`10.1.0.0/16`) that are not public and may be connected to all the same. */
export function addressGuard(owner: string, allowed: readonly string[] = []): AddressGuard {
  const exceptions = exceptionsFrom(owner, allowed);
  const refused = [...notPublic4, ...notPublic6].map((range) => ({ kind: range[2], lists: listsOf([range]) }));
  const global6 = listsOf([globalUnicast6]);

  return (address) => {
    const bare = address.split('%')[0] ?? ''; // without a zone
    if (isIP(bare) === 0) return 'is not an IP address';
    if (holds(exceptions, bare)) return undefined;
    const match = refused.find(({ lists }) => holds(lists, bare));
    if (match) return `is ${match.kind}`;
    return isIP(bare) === 6 && !holds(global6, bare) ? 'is not a public address' : undefined;
  };
}

function listsOf(ranges: readonly Range[]): Lists {
  const lists = new Map([4 as const, 6 as const].map((family) => [family, new BlockList()]));
  for (const [network, prefix] of ranges) {
    const family = isIP(network) as 4 | 6;
    lists.get(family)?.addSubnet(network, prefix, family === 4 ? 'ipv4' : 'ipv6');
  }
  return lists;
}

function holds(lists: Lists, address: string): boolean {
  const family = isIP(address) as 4 | 6;
  return lists.get(family)?.check(address, family === 4 ? 'ipv4' : 'ipv6') ?? false;
}

function exceptionsFrom(owner: string, allowed: readonly string[]): Lists {
  requireListOfTexts(owner, 'allowAddresses', allowed);
  const ranges = allowed.map((entry, index): Range => {
    const [network = '', prefix] = entry.split('/');
    const bits = isIP(network) === 4 ? 32 : 128;
    const length = prefix === undefined ? bits : /^\d+$/.test(prefix) ? Number(prefix) : Number.NaN;
    if (isIP(network) === 0 || !(length <= bits)) {
      throw invalid(owner, `allowAddresses[${index}]`, entry, 'an IP address or a range such as "10.1.0.0/16"');
    }
    return [network, length, 'allowed'];
  });
  return listsOf(ranges);
}
