/** A text as 32 bits, the same everywhere: FNV-1a, and its bits mixed once more. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5
  for (let place = 0; place < text.length; place += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193)
  }
  return mix(hash)
}

/** A number from 0 to under 1, always the same for the same 32 bits; adding `stride` to them gives the next one. */
export const uniformOf = (bits: number): number => mix(bits) / 2 ** 32

/** Odd and far from regular, so that all 32 bits come before any comes again (as in mulberry32). */
export const stride = 0x6d2b79f5

function mix(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
