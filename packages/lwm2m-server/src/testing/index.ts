export { credentialStoreContract } from './credential-store-contract.ts';
export type { CredentialStoreCase, CredentialStoreFixture } from './credential-store-contract.ts';
export { operationStoreContract } from './operation-store-contract.ts';
export type { OperationStoreCase, OperationStoreFixture } from './operation-store-contract.ts';
export { MemoryRegistrationStore } from './memory-registration-store.ts';
export { registrationStoreContract } from './registration-store-contract.ts';
export type { RegistrationStoreCase, RegistrationStoreFixture } from './registration-store-contract.ts';
