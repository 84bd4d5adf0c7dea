import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { httpSink } from '../index.ts'
import { task } from '../testing/sink.ts'
import { until } from '../testing/until.ts'

/** What a server does with a body, by its encoding: gives a status, or does not answer. */
type Judge = (isZipped: boolean, count: number) => number | undefined

/** A collector of another make, and a sink that sends to it. */
async function setUp(judge: Judge, options: object = {}) {
  const requests: string[] = []
  const taken = new Set<string>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const encoding = request.headers['content-encoding']
      const status = judge(encoding === 'gzip', requests.length)
      requests.push(`${encoding ?? 'plain'} ${status}`)
      if (status === undefined) return
      if (status < 300) {
        const body = Buffer.concat(chunks)
        const text = String(encoding === 'gzip' ? gunzipSync(body) : body)
        for (const { id } of (JSON.parse(text) as { tasks: { id: string }[] }).tasks) taken.add(id)
      }
      response.writeHead(status).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  // Pauses take no time; time limits do.
  const schedule = (callback: () => void, ms: number) => {
    const timer = setTimeout(callback, ms < 60_000 ? 0 : ms)
    return () => clearTimeout(timer)
  }
  const sink = httpSink({ url, schedule, timeout: 60_000, ...options })
  const errors: string[] = []
  sink.connect({ report: (error) => errors.push((error as Error).message), page: () => {} })
  onTestFinished(() => {
    sink.close()
    server.closeAllConnections()
    server.close()
  })
  let made = 0
  const write = (count = 30) => {
    const tasks = Array.from({ length: count }, () => task(`t${(made += 1)}`))
    sink.write({ tasks, shows: [], origin: 'local' })
  }
  /** All that was written has arrived. */
  const arrived = () =>
    until(() => expect([taken.size, sink.counts]).toMatchObject([made, { stored: made, pending: 0 }]))
  return { sink, requests, errors, write, arrived }
}

describe('a collector that does not read gzip', () => {
  it.each([400, 415, 422, 501])(
    'is sent plain text after it has said %d, at once and ever after',
    async (status) => {
      const { requests, errors, write, arrived } = await setUp((isZipped) => (isZipped ? status : 204))
      write()
      await arrived()
      expect(requests).toEqual([`gzip ${status}`, 'plain 204'])
      write()
      await arrived()
      expect(requests.slice(2)).toEqual(['plain 204'])
      expect(errors).toEqual([])
    },
  )

  it('is sent plain text after it has said 500, with the next try', async () => {
    const { requests, errors, write, arrived } = await setUp((isZipped) => (isZipped ? 500 : 204))
    write()
    await arrived()
    write()
    await arrived()
    expect(requests).toEqual(['gzip 500', 'plain 204', 'plain 204'])
    expect(errors).toEqual([expect.stringContaining('retrying: status 500')])
  })

  it('gets what it refuses as plain text, too, only once', async () => {
    const { sink, requests, errors, write } = await setUp(() => 400)
    write()
    await until(() => expect(sink.counts).toMatchObject({ pending: 0, dropped: { rejected: 30 } }))
    expect(requests).toEqual(['gzip 400', 'plain 400'])
    expect(errors[0]).toContain('request refused: status 400')
    // It was not the gzip.
    write()
    await until(() => expect(requests).toHaveLength(4))
    expect(requests[2]).toBe('gzip 400')
  })

  it('loses nothing when it does not answer the plain text', async () => {
    const judge: Judge = (isZipped, count) => (isZipped ? 400 : count < 2 ? 503 : 204)
    const { requests, write, arrived } = await setUp(judge)
    write()
    await arrived()
    expect(requests.slice(0, 2)).toEqual(['gzip 400', 'plain 503'])
    expect(requests.at(-1)).toBe('plain 204')
  })
})

describe('a collector that reads gzip', () => {
  it('is sent gzip again after it has broken for a while', async () => {
    const { requests, write, arrived } = await setUp((_isZipped, count) =>
      count === 1 || count === 2 ? 500 : 204,
    )
    for (let turn = 0; turn < 3; turn += 1) {
      write()
      await arrived()
    }
    expect(requests).toEqual(['gzip 204', 'gzip 500', 'gzip 500', 'gzip 204', 'gzip 204'])
  })

  it('is sent gzip again when it was broken from the beginning', async () => {
    const { requests, write, arrived } = await setUp((_isZipped, count) => (count < 4 ? 500 : 204))
    write()
    await arrived()
    expect(requests).toEqual(['gzip 500', 'plain 500', 'gzip 500', 'plain 500', 'gzip 204'])
  })
})

describe('a refusal whose body never ends', () => {
  it('counts all the same', async () => {
    const body = new ReadableStream()
    const { sink, write } = await setUp(() => 204, {
      fetch: async (_url: string, { signal }: RequestInit) => {
        const stuck = new Response(body, { status: 400 })
        signal?.addEventListener('abort', () => void body.cancel().catch(() => {}))
        return stuck
      },
      timeout: 50,
    })
    write(1)
    await until(() => expect(sink.counts).toMatchObject({ pending: 0, dropped: { rejected: 1 } }))
  })
})
