export { DatagramRecorder } from './datagram-recorder.ts';
export type { RecordedDatagram } from './datagram-recorder.ts';
export { LockStepPeer } from './lock-step-peer.ts';
export { lossyRule, MemoryNetwork } from './memory-network.ts';
export type {
  LossyRuleOptions,
  MemoryNetworkOptions,
  NetworkDatagram,
  NetworkLogEntry,
  NetworkRule,
  NetworkVerdict,
} from './memory-network.ts';
export { MemoryTransport } from './memory-transport.ts';
export type { MemoryTransportOptions } from './memory-transport.ts';
export { multicastContract } from './multicast-contract.ts';
export type { MulticastContractFixture } from './multicast-contract.ts';
export type { NetworkLink, NetworkReceiver } from './network-link.ts';
export { seededRandom } from './seeded-random.ts';
export type { ContractCase, TransportContractFixture } from './contract-stage.ts';
export { transportContract } from './transport-contract.ts';
export { VirtualClock } from './virtual-clock.ts';
export type { VirtualClockOptions } from './virtual-clock.ts';
