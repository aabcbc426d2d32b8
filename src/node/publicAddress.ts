import ipaddr from "ipaddr.js";

/** The part of IPv6 that IANA has given out as global unicast (RFC 4291, 2.4). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Whether an IP address is a public unicast one: not this machine, a local network, a multicast group, or any of
 * the ranges that IANA reserves for special use. An IPv4 address inside an IPv6 one is judged as IPv4 where it
 * is mapped (RFC 4291, 2.5.5.2), and refused in all other disguises (compatible, 6to4, NAT64, Teredo).
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== "unicast") return false;
  return parsed instanceof ipaddr.IPv6 ? parsed.match(GLOBAL_UNICAST) : true;
}
