/** The groups of All CoAP Nodes (RFC 7252 §12.8): where a server without a configured address is looked for, at port 5683. */
export const AllCoapNodes = {
  IPV4: '224.0.1.187',
  /** Of the own machine: what is sent there leaves it nowhere. */
  IPV6_INTERFACE_LOCAL: 'ff01::fd',
  IPV6_LINK_LOCAL: 'ff02::fd',
  IPV6_REALM_LOCAL: 'ff03::fd',
  IPV6_ADMIN_LOCAL: 'ff04::fd',
  IPV6_SITE_LOCAL: 'ff05::fd',
} as const;
