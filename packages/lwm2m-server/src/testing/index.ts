export { credentialStoreContract } from './credential-store-contract.ts';
export type { CredentialStoreCase, CredentialStoreFixture } from './credential-store-contract.ts';
export { operationStoreContract } from './operation-store-contract.ts';
export type { OperationStoreCase, OperationStoreFixture } from './operation-store-contract.ts';
export { MemoryRegistrationStore } from './memory-registration-store.ts';
export { registrationStoreContract } from './registration-store-contract.ts';
export type { RegistrationStoreCase, RegistrationStoreFixture } from './registration-store-contract.ts';
export { observationStoreContract } from './observation-store-contract.ts';
export type { ObservationStoreCase, ObservationStoreFixture } from './observation-store-contract.ts';
