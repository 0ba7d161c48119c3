export { associationStoreContract } from './association-store-contract.ts';
export type { AssociationStoreCase, AssociationStoreFixture } from './association-store-contract.ts';
export { testCertificate } from './test-certificate.ts';
export type { TestCertificate, TestCertificateOptions } from './test-certificate.ts';
