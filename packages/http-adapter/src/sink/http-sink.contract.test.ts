import type { ShowRecord, TaskVersion } from '@callsheet/core'
import { createFakeClock, sinkContract } from '@callsheet/core/test'
import { describe, it } from 'vitest'
import { httpSink, type HttpSinkOptions } from '../index.ts'
import { createRows } from '../testing/sink.ts'

/** A collector that can be down, and a sink that posts to it. */
const setUp = (options: Partial<HttpSinkOptions>) => () => {
  const clock = createFakeClock()
  const arrived: (TaskVersion | ShowRecord)[] = []
  let isDown = false
  const sink = httpSink({
    url: 'https://collector.test/api',
    clock: clock.now,
    schedule: clock.schedule,
    page: null,
    gzip: null,
    ...options,
    fetch: async (_input, init) => {
      if (isDown) throw new TypeError('fetch failed')
      const { tasks, shows } = JSON.parse(init!.body as string) as Record<'tasks' | 'shows', typeof arrived>
      arrived.push(...tasks, ...shows)
      return Response.json({ accepted: tasks.length + shows.length })
    },
  })
  return {
    sink,
    received: () => arrived,
    fail: (isFailing: boolean) => void (isDown = isFailing),
    advance: () => clock.advance(500),
    close: sink.close,
  }
}

describe('httpSink', () => {
  for (const [where, options] of [
    ['in memory', () => ({})],
    ['with a storage', () => ({ storage: createRows().storage() })],
  ] as const) {
    const cases = sinkContract(() => setUp(options())(), { failure: 'kept', timeout: 20_000 })
    it.each(cases.map(({ name, run }) => [name, run] as const))(`%s, ${where}`, async (_name, run) => run())
  }
})
