import { plantedAddresses } from './planted-addresses.ts'
import { plantedHeaders } from './planted-headers.ts'
import { plantedNames } from './planted-names.ts'
import { plantedTokens } from './planted-tokens.ts'

export { legitimate } from './legitimate.ts'

/**
 * Texts with secrets. Written from the documentation of the formats, before any rule was read, so that the rules can be
 * measured by it.
 */
export const planted = [...plantedTokens, ...plantedHeaders, ...plantedNames, ...plantedAddresses]
