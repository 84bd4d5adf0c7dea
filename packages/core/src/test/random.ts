/**
 * Creates a pseudo-random generator of numbers from 0 to under 1: the same for the same seed (mulberry32 over FNV-1a).
 *
 * @example
 * const random = createRandom('neon-noir')
 * random() === createRandom('neon-noir')() // true
 */
export function createRandom(seed: number | string): () => number {
  let state = hash(String(seed))
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** With a final mix, so that seeds that differ in their last character are far apart. */
function hash(text: string): number {
  let state = 0x811c9dc5
  for (let place = 0; place < text.length; place += 1)
    state = Math.imul(state ^ text.charCodeAt(place), 0x01000193)
  state = Math.imul(state ^ (state >>> 16), 0x45d9f3b)
  return state ^ (state >>> 15)
}

/** Draws from a lognormal distribution: half of the draws are below the median, and few are far above it. */
export function lognormal(random: () => number, median: number, sigma: number): number {
  // Box–Muller; 1 - random() is never 0.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return median * Math.exp(sigma * normal)
}
