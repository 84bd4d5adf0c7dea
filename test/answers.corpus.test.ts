import { describe, expect, it } from 'vitest'
import { corpus } from './answers/corpus.ts'
import { misreadings, play } from './answers/play.ts'
import { settings } from './answers/providers.ts'

const providers = [...new Set(corpus.map(({ provider }) => provider))]

describe('the corpus of answers', () => {
  it('has a setting for each provider', () => {
    expect(providers.filter((provider) => !(provider in settings))).toEqual([])
  })

  it('names the source of each body, and says what a viewer should see', () => {
    for (const { what, source, httpStatus = 200, to, expected } of corpus) {
      expect(source.length, what).toBeGreaterThan(20)
      expect(httpStatus < 400 || expected.status === 'failed', what).toBe(true)
      const { jobId, progress, outputUrl, outputs } = expected
      expect(jobId === undefined || to === 'start', what).toBe(true)
      expect(progress === undefined || (Number.isInteger(progress) && progress >= 0), what).toBe(true)
      expect(outputs === undefined || outputs[0] === outputUrl, what).toBe(true)
      expect(outputUrl === undefined || expected.status === 'succeeded', what).toBe(true)
    }
  })

  it('has each body once', () => {
    const names = corpus.map(({ provider, what, to }) => `${provider}: ${what} (${to})`)
    expect(names.filter((name, index) => names.indexOf(name) < index)).toEqual([])
  })
})

describe('the answers of providers', () => {
  it('are read right', { timeout: 60_000 }, async () => {
    const pairs = corpus.flatMap((answer) =>
      settings[answer.provider]!.map((setting) => [answer, setting] as const),
    )
    const played = await Promise.all(pairs.map((pair) => play(...pair)))
    const misread = played.flatMap(({ answer, setting, task }) =>
      misreadings(answer, task).map((wrong) => `${answer.what}, by ${setting.provider.name}: ${wrong}`),
    )
    expect(misread).toEqual([])
  })
})
