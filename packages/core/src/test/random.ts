import { hash32, stride, uniformOf } from '../records/hash.ts'

/**
 * Creates a pseudo-random generator of numbers from 0 to under 1: the same for the same seed.
 *
 * @example
 * const random = createRandom('neon-noir')
 * random() === createRandom('neon-noir')() // true
 */
export function createRandom(seed: number | string): () => number {
  let bits = hash32(String(seed))
  return () => {
    bits = (bits + stride) | 0
    return uniformOf(bits)
  }
}

/** Draws from a lognormal distribution: half of the draws are below the median, and few are far above it. */
export function lognormal(random: () => number, median: number, sigma: number): number {
  // Box–Muller; 1 - random() is never 0.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return median * Math.exp(sigma * normal)
}
