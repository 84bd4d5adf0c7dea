import { createLocalGenerator } from './local-generator.ts'

export const generator = createLocalGenerator()
export const { signal } = new AbortController()
export const prompt = 'A lighthouse keeper who talks to storms'
/** What a person, or a model, may write. */
export const hostile = `<b>&"'\u0000\ud800 ]]> {place} $& 👩‍🚀 ‮日本 ${'W'.repeat(200)}`

export const make = async (showId: string, words: string, count?: number) => {
  const blueprint = await generator.blueprint({ showId, prompt: words }, signal)
  return { blueprint, cast: await generator.seeds(blueprint, count, signal) }
}
