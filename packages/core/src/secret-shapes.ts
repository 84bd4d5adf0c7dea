import { keyPrefixes } from './key-prefixes.ts'

/**
 * Keys and tokens of about a hundred services, from the rules of gitleaks. Each is known by how it begins, and is
 * followed by 16 letters, digits or signs of Base64 or more, with a digit or 16 letters in a row.
 *
 * @example
 * createTracker({ pipeline, redact: { values: secretShapes } })
 */
export const secretShapes: readonly RegExp[] = [
  new RegExp(
    `(?<![\\w-])(?:${keyPrefixes})(?=[\\w+/.-]{16})[\\w+/.-]*?(?:\\d|[^\\W_]{16})(?:[.+/~=]*[\\w-])*=*`,
    'g',
  ),
]
