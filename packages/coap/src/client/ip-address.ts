/** Whether a text is an IPv4 address of four decimal numbers (RFC 3986 §3.2.2). */
function isIpv4(text: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text);
}

/** Whether a text is an IPv6 address without brackets and zone (RFC 3986 §3.2.2). */
export function isIpv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  let count = groups.length;
  const last = groups.at(-1);
  if (last !== undefined && text.endsWith(last) && isIpv4(last)) {
    groups.pop();
    count += 1;
  }
  if (!groups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return false;
  return halves.length === 2 ? count <= 7 : count === 8;
}

/** Whether a host is an IP address, with a zone or without (`fe80::1%eth0`, RFC 4007 §11), and no name. */
export function isIpAddress(host: string): boolean {
  const [address = host] = host.split('%', 1);
  return isIpv4(host) || isIpv6(address);
}
