import { BlockList } from 'node:net';

/** IANA's special-purpose registry for IPv4, what is not "globally reachable", with multicast and reserved space. */
const NOT_PUBLIC: readonly [network: string, prefix: number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
/** Within global unicast: what leads back into an IPv4 network (Teredo, 6to4), and what is only for documents and tests. */
const NOT_PUBLIC_6: readonly [network: string, prefix: number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const refused = new BlockList();
for (const [network, prefix] of NOT_PUBLIC) refused.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of NOT_PUBLIC_6) refused.addSubnet(network, prefix, 'ipv6');
const global6 = new BlockList();
// Everything else is not global: loopback, link-local, unique local, IPv4 in IPv6, NAT64.
global6.addSubnet('2000::', 3, 'ipv6');

/** Whether an address is one of the internet at large, and no way into a network of ours or a cloud's. */
export function isPublicAddress(address: string, family: number): boolean {
  if (family === 4) return !refused.check(address, 'ipv4');
  // A zone index names an interface of this machine.
  if (family !== 6 || address.includes('%')) return false;
  return global6.check(address, 'ipv6') && !refused.check(address, 'ipv6');
}
