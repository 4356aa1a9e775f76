import { describe, expect, test } from 'vitest';
import { addressGuard } from './addresses.ts';

describe('addressGuard', () => {
  test.each([
    ['127.0.0.1', 'is loopback'],
    ['127.255.255.254', 'is loopback'],
    ['0.0.0.0', 'is this network'],
    ['10.0.0.1', 'is private'],
    ['172.16.0.1', 'is private'],
    ['172.31.255.255', 'is private'],
    ['192.168.1.1', 'is private'],
    ['169.254.169.254', 'is link-local'],
    ['100.64.0.1', 'is carrier-grade NAT'],
    ['100.100.100.200', 'is carrier-grade NAT'],
    ['100.127.255.255', 'is carrier-grade NAT'],
    ['168.63.129.16', 'is a metadata service'],
    ['192.0.0.192', 'is reserved'],
    ['192.0.2.1', 'is for documentation'],
    ['198.19.0.1', 'is for benchmarks'],
    ['224.0.0.1', 'is multicast'],
    ['255.255.255.255', 'is reserved'],
    ['::', 'is unspecified'],
    ['::1', 'is loopback'],
    ['::ffff:127.0.0.1', 'is an IPv4 address in IPv6'],
    ['::ffff:8.8.8.8', 'is an IPv4 address in IPv6'],
    ['::ffff:a9fe:a9fe', 'is an IPv4 address in IPv6'],
    ['::7f00:1', 'is not a public address'],
    ['64:ff9b::7f00:1', 'is an IPv4 address in IPv6'],
    ['64:ff9b:1::1', 'is an IPv4 address in IPv6'],
    ['2001::1', 'is reserved'],
    ['2001:db8::1', 'is for documentation'],
    ['2002:7f00:1::', 'is an IPv4 address in IPv6'],
    ['3fff::1', 'is for documentation'],
    ['fc00::1', 'is unique local'],
    ['fd00:ec2::254', 'is unique local'],
    ['fe80::1', 'is link-local'],
    ['fe80::1%eth0', 'is link-local'],
    ['ff02::1', 'is multicast'],
    ['4000::1', 'is not a public address'],
    ['example.com', 'is not an IP address'],
    ['', 'is not an IP address'],
  ])('%s is refused: it %s', (address, reason) => {
    const guard = addressGuard('test');

    expect(guard(address)).toContain(reason);
  });

  test.each([
    '93.184.216.34',
    '8.8.8.8',
    '172.15.0.1',
    '172.32.0.1',
    '100.63.0.1',
    '100.128.0.1',
    '168.63.129.17',
    '2606:2800:220:1::1',
    '2001:4860:4860::8888',
  ])('%s is public', (address) => {
    const guard = addressGuard('test');

    expect(guard(address)).toBeUndefined();
  });

  test('what is allowed by address or range passes, and its neighbours do not', () => {
    const guard = addressGuard('test', ['10.1.0.0/16', '127.0.0.2', 'fd12::/32']);

    const verdicts = ['10.1.2.3', '10.2.0.1', '127.0.0.2', '127.0.0.1', 'fd12::1', 'fd13::1'].map(
      (address) => guard(address) === undefined,
    );

    expect(verdicts).toEqual([true, false, true, false, true, false]);
  });

  test('a range of IPv6 that holds all of IPv4 allows none of it', () => {
    const guard = addressGuard('test', ['::ffff:0:0/96']);

    expect(guard('127.0.0.1')).toBe('is loopback');
  });

  test.each(['10.0.0.0/33', 'localhost', '10.0.0.0/', '10.0.0.0/x', '::1/129'])('%s is no range', (entry) => {
    expect(() => addressGuard('fetchPage', [entry])).toThrow(
      /fetchPage: allowAddresses\[0\] is ".*", and has to be an IP address or a range/,
    );
  });
});
