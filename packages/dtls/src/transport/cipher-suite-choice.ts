import { CIPHER_SUITES, type CipherSuite } from '../cipher-suites.ts';

/** The suites with these names in their order; all that need not be asked for without names. Throws a RangeError for a name that is none. */
export function chosenSuites(names: readonly string[] | undefined): readonly CipherSuite[] {
  if (names === undefined) return CIPHER_SUITES.filter(({ optIn }) => !optIn);
  return names.map((name) => {
    const suite = CIPHER_SUITES.find((known) => known.name === name);
    if (suite === undefined) throw new RangeError(`${name} is not the name of a cipher suite of CIPHER_SUITES`);
    return suite;
  });
}
