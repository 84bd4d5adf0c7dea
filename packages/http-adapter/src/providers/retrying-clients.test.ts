import axios from 'axios'
import ky from 'ky'
import pRetry from 'p-retry'
import { describe, expect, it } from 'vitest'
import type { Fetch } from '../route/request.ts'
import { type JobBody, startJobServer } from '../testing/servers/job-server.ts'
import type { Fault } from '../testing/servers/local-server.ts'
import { openPage } from '../testing/open-page.ts'
import { providerTests } from '../testing/provider-tests.ts'
import { until } from '../testing/until.ts'
import { jsonJob } from './json-job.ts'

const picture = 'https://files.test/ada.png'
const jobs = 'https://shows.example/api/jobs'
const body = { prompt: 'Ada' }
const busy: Fault = { status: 503, body: { error: 'busy' } }

const { setUp } = providerTests({
  start: () =>
    startJobServer([{ status: 'starting' }, { status: 'succeeded', imageUrl: picture }] as JobBody[]),
  provider: () => jsonJob({ start: `POST ${jobs}`, status: `${jobs}/:id`, interval: 5 }),
  clientOf: (fetch) => fetch,
  paid: (server) => [server.count('create'), server.all.length],
})

const retry = { limit: 3, methods: ['post'], delay: () => 1 }

const clients: readonly (readonly [string, (fetch: Fetch) => Promise<unknown>])[] = [
  ['ky', (fetch) => ky.post(jobs, { json: body, fetch, retry }).json()],
  [
    'a loop around fetch (p-retry)',
    (fetch) =>
      pRetry(
        async () => {
          const response = await fetch(jobs, { method: 'POST', body: JSON.stringify(body) })
          if (!response.ok) throw new Error(`HTTP ${response.status}`)
        },
        { retries: 3, minTimeout: 1 },
      ),
  ],
  [
    'a loop around axios',
    (fetch) => {
      const client = axios.create({ adapter: 'fetch', env: { fetch } })
      return pRetry(() => client.post(jobs, body), { retries: 3, minTimeout: 1 })
    },
  ],
]

describe.each(clients)('jsonJob under %s, which retries by itself', (what, call) => {
  it('counts its tries as attempts of one task', async () => {
    const { server, page } = await setUp({ faults: (at) => at.fault('create', busy, busy) })
    await call(page.fetch)
    expect(await page.end()).toMatchObject({ status: 'succeeded', attempt: 3, outputUrl: picture })
    expect([page.tasks().length, server.count('create'), server.all.length]).toEqual([1, 3, 1])
    expect(page.errors).toEqual([])
  })

  it('counts a try after a lost connection, too', async () => {
    const { page } = await setUp({ faults: (at) => at.fault('create', 'refused') })
    const fetch: Fetch = async (...args) => {
      try {
        return await page.fetch(...args)
      } catch (error) {
        // p-retry knows network errors by their message, and ky by fetch's own.
        throw what === 'ky' ? error : new Error('lost', { cause: error })
      }
    }
    await call(fetch)
    expect(await page.end()).toMatchObject({ status: 'succeeded', attempt: 2 })
    expect(page.tasks()).toHaveLength(1)
  })

  it('fails with the last try', async () => {
    const { server, page } = await setUp({ faults: (at) => at.fault('create', busy, busy, busy, busy) })
    await expect(call(page.fetch)).rejects.toThrow()
    await until(() => expect(page.tasks()).toMatchObject([{ status: 'failed', attempt: 4 }]))
    expect(server.all).toEqual([])
  })
})

describe('jsonJob under a client of your own', () => {
  it('is not sent again by ky once the tracker has canceled it, where ky is told so', async () => {
    const { server, provider } = await setUp()
    const page = openPage((...args) => {
      queueMicrotask(() => page.tracker.cancel({ showId: 's1' }, 'enough'))
      return server.fetch(...args)
    }, provider)
    const shouldRetry = ({ error }: { error: Error }) => (error.name === 'CanceledError' ? false : undefined)
    const call = ky.post(jobs, { json: body, fetch: page.fetch, retry: { ...retry, shouldRetry } })
    await expect(call.json()).rejects.toThrow('enough')
    expect(await page.end()).toMatchObject({ status: 'canceled' })
    expect(page.tasks()).toHaveLength(1)
    expect(server.count('create')).toBeLessThanOrEqual(1)
  })

  const post = (fetch: Fetch, prompt: string) =>
    fetch(new Request(jobs, { method: 'POST', body: JSON.stringify({ prompt }) }))

  it('takes a call with another body for a new task', async () => {
    const { page } = await setUp({ faults: (at) => at.fault('create', busy) })
    await post(page.fetch, 'Ada')
    await post(page.fetch, 'Ada, softer')
    expect(await page.end()).toMatchObject({ status: 'succeeded', attempt: 1 })
    expect(page.tasks()).toHaveLength(2)
  })

  it('takes the same call after a success for a new task', async () => {
    const { page } = await setUp()
    await post(page.fetch, 'Ada')
    await page.end()
    await post(page.fetch, 'Ada')
    await page.end()
    expect(page.tasks().map(({ attempt }) => attempt)).toEqual([1, 1])
  })
})
