import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Fetch } from '../route/request.ts'
import { headersOf, type Mode, modes, trackedIn } from '../testing/body-modes.ts'
import { unhandled } from '../testing/unhandled.ts'

/** What a server and its caller do, in turn. The next step begins when the one before is done. */
type Step =
  | { readonly do: 'send'; readonly size: number }
  | { readonly do: 'read' | 'end' | 'break' | 'abort' | 'cancel' | 'turn' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('send' as const), size: fc.integer({ min: 1, max: 90_000 }) }),
  },
  { weight: 4, arbitrary: fc.constant({ do: 'read' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'turn' as const }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...(['end', 'break', 'abort', 'cancel'] as const)).map((it) => ({ do: it })),
  },
)

const cycle = Buffer.from(Array.from({ length: 200_000 }, (_, place) => place % 251))
/** The bytes of a body from a place on. */
const bytesAt = (place: number, size: number) => cycle.subarray(place % 251, (place % 251) + size)

const turn = () => new Promise((resolve) => setTimeout(resolve, 1))

/** A server whose next answer a hand writes. */
async function startServer() {
  const answers: ((response: ServerResponse) => void)[] = []
  const server = createServer((_request, response) => answers.shift()!(response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { base, next: () => new Promise<ServerResponse>((resolve) => answers.push(resolve)) }
}

type Server = Awaited<ReturnType<typeof startServer>>

/** Plays the steps. Gives all that the caller reads, and how its reads and its cancel ended. */
async function play(
  fetch: Fetch,
  { base, next }: Server,
  mode: Mode,
  status: number,
  steps: readonly Step[],
) {
  const controller = new AbortController()
  const arrived = next()
  const answered = fetch(`${base}/a`, { signal: controller.signal })
  const server = await arrived
  // A body that ends before its announced length would keep the connection open for 5 s.
  server.writeHead(status, { ...headersOf(mode, 10_000_000), connection: 'close' })
  server.flushHeaders()
  const response = await answered
  const reader = response.body!.getReader()
  const ends: string[] = []
  let [sent, read] = [0, 0]
  // Of an object, for the loop below cannot see that it changes.
  const state = { isOver: false }
  let isSevered = false
  const take = async () => {
    const { done, value } = await reader.read()
    if (done) state.isOver = true
    else {
      if (!Buffer.from(value).equals(bytesAt(read, value.byteLength))) throw new Error('other bytes')
      read += value.byteLength
    }
  }
  const noted = async (what: string, action: () => Promise<unknown>) => {
    try {
      await action()
      ends.push(what)
    } catch (error) {
      state.isOver = true
      ends.push(`${what}: ${(error as Error).name} ${(error as Error).message}`)
    }
  }
  for (const one of steps) {
    if (state.isOver) break
    if (one.do === 'turn') await turn()
    // Without anything to come, a read would wait for ever.
    if (one.do === 'read' && (read < sent || isSevered)) await noted('read', take)
    if (one.do === 'send' && !isSevered) {
      server.write(bytesAt(sent, one.size))
      sent += one.size
    }
    if (one.do === 'end' && !isSevered) server.end()
    if (one.do === 'break' && !isSevered) server.write('', () => server.destroy())
    if (one.do === 'end' || one.do === 'break') isSevered = true
    if (one.do === 'abort') {
      controller.abort()
      state.isOver = true
      // Which of the two comes first is left to the network, and Node 20 may then leave a read pending for ever.
      if (!isSevered) await noted('aborted read', take)
    }
    if (one.do === 'cancel') {
      await noted('cancel', () => reader.cancel())
      state.isOver = true
    }
  }
  if (isSevered) while (!state.isOver) await noted('read', take)
  controller.abort()
  server.destroy()
  // How many reads it took is left to the network, and whether a cancel came before the end.
  return { sent, read, ends: ends.filter((end) => end !== 'read' && end !== 'cancel') }
}

describe('a caller of a tracked fetch', () => {
  it.each(modes)('sees what a caller of fetch sees: %s', async (mode) => {
    const seen = unhandled()
    const server = await startServer()
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 14, size: 'max' }),
        // A failure that may be sent again is read before its caller has it.
        mode === 'resend' ? fc.constant(200) : fc.constantFrom(200, 500),
        async (steps, status) => {
          const expected = await play(globalThis.fetch, server, mode, status, steps)
          const { fetch } = trackedIn(mode)
          const actual = await play(fetch, server, mode, status, steps)
          expect(actual.ends).toEqual(expected.ends)
          expect(actual.read).toBeLessThanOrEqual(actual.sent)
          const isWhole =
            steps.some((one) => one.do === 'end') && !steps.some((one) => /abort|cancel/.test(one.do))
          if (actual.ends.length === 0 && isWhole) expect(actual.read).toBe(actual.sent)
        },
      ),
      { numRuns: Number(process.env['STREAM_RUNS'] ?? 15) },
    )
    await turn()
    expect(seen).toEqual([])
  })
})
