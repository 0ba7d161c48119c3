export { credentialStoreContract } from './credential-store-contract.ts';
export type { CredentialStoreCase, CredentialStoreFixture } from './credential-store-contract.ts';
export { operationStoreContract } from './operation-store-contract.ts';
export type { OperationStoreCase, OperationStoreFixture } from './operation-store-contract.ts';
