export { credentialStoreContract } from './credential-store-contract.ts';
export type { CredentialStoreCase, CredentialStoreFixture } from './credential-store-contract.ts';
