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

describe('the answers of providers', async () => {
  const pairs = corpus.flatMap((answer) =>
    settings[answer.provider]!.map((setting) => [answer, setting] as const),
  )
  const played = await Promise.all(pairs.map((pair) => play(...pair)))
  const read = played.map((each) => ({ ...each, wrong: misreadings(each) }))
  const percent = (list: typeof read) => {
    const right = list.filter(({ wrong }) => wrong.length === 0).length
    return `${((100 * right) / list.length).toFixed(0)} % (${right} of ${list.length})`
  }
  console.info(
    [
      `read right: ${percent(read)}`,
      ...providers.map(
        (name) => `  ${name}: ${percent(read.filter(({ answer }) => answer.provider === name))}`,
      ),
    ].join('\n'),
  )
  if (process.env['CORPUS_LIST']) {
    for (const { answer, setting, wrong } of read) {
      const by = setting.provider.name
      if (wrong.length > 0) console.info(`${answer.provider} by ${by}, ${answer.what}: ${wrong.join('; ')}`)
    }
  }

  it('are all played', () => expect(new Set(read.map(({ answer }) => answer)).size).toBe(corpus.length))
})
