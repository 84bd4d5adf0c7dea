/** FNV-1a over UTF-16, with a final mix so that near strings are far apart. */
export const hash = (text: string): number => {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x45d9f3b)
  return (h ^ (h >>> 15)) >>> 0
}

/** A seeded random generator: the same seed gives the same values in the same order. */
export interface Chance {
  /** 0 (included) to 1 (not included). */
  readonly next: () => number
  /** A whole number from `low` to `high`, both included. */
  readonly whole: (low: number, high: number) => number
  readonly pick: <T>(list: readonly T[]) => T
  /** Some of a list, each once, in any order. */
  readonly some: <T>(list: readonly T[], count: number) => T[]
}

/** mulberry32. */
export const createChance = (seed: number): Chance => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const whole = (low: number, high: number) => low + Math.floor(next() * (high - low + 1))
  const some = <T>(list: readonly T[], count: number): T[] => {
    const rest = [...list]
    const out: T[] = []
    while (out.length < count && rest.length > 0) out.push(...rest.splice(whole(0, rest.length - 1), 1))
    return out
  }
  return { next, whole, some, pick: (list) => list[whole(0, list.length - 1)]! }
}
