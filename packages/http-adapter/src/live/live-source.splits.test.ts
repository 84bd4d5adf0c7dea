import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createElsewhere, frame, setUpSource } from '../testing/live-network.ts'

const text = fc.string({
  unit: fc.constantFrom('a', ' ', ':', '"', 'é', '🎬', '\u2028', '\uFEFF', '\n', '\r'),
  maxLength: 12,
})

/** What happens elsewhere: tasks by number, each added once and then updated. */
const steps = fc.array(fc.record({ task: fc.nat(3), stage: text }), { minLength: 1, maxLength: 12 })

/** A stream in bytes, as one of the three line ends has it, and where each frame begins. */
function write(frames: readonly string[], lineEnd: string): { bytes: Uint8Array; ends: readonly number[] } {
  const encoder = new TextEncoder()
  const parts = frames.map((one) => encoder.encode(one.replaceAll('\n', lineEnd)))
  const ends: number[] = []
  for (const part of parts) ends.push((ends.at(-1) ?? 0) + part.length)
  return { bytes: new Uint8Array(parts.flatMap((part) => [...part])), ends }
}

/** The bytes in pieces, cut at the given places. */
const split = (bytes: Uint8Array, places: readonly number[]): Uint8Array[] => {
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted(
    (a, b) => a - b,
  )
  return cuts.slice(1).map((end, at) => bytes.slice(cuts[at], end))
}

function happen(given: readonly { readonly task: number; readonly stage: string }[]) {
  const elsewhere = createElsewhere()
  elsewhere.add('task-0', { stage: 'in the snapshot 🎬' })
  const frames = [frame('snapshot', elsewhere.snapshot(), 'a.0')]
  const known = new Set([0])
  for (const [place, { task, stage }] of given.entries()) {
    const id = `task-${task}`
    const change = known.has(task) ? elsewhere.update(id, { stage }) : elsewhere.add(id, { stage })
    known.add(task)
    frames.push(': heartbeat\n\n', frame('change', change, `a.${place + 1}`))
  }
  return { elsewhere, frames }
}

describe('liveSource, however the bytes come', () => {
  it('reads the same from any pieces, in mid-character too', async () => {
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.array(fc.nat(5_000), { maxLength: 20 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.boolean(),
        async (given, places, lineEnd, hasMark) => {
          const { elsewhere, frames } = happen(given)
          const { source, tracker, clock, next, errors } = setUpSource()
          source.open()
          const stream = (await next()).stream()
          if (hasMark) stream.send(new Uint8Array([0xef, 0xbb, 0xbf]))
          // A last CR may be half of a line end: what comes next tells.
          stream.send(...split(write([...frames, ': heartbeat\n\n'], lineEnd).bytes, places))
          await clock.advance(0)
          expect(tracker.serialize().tasks).toEqual(elsewhere.snapshot().tasks)
          expect(source.state).toEqual({ status: 'live' })
          expect(errors).toEqual([])
        },
      ),
      { numRuns: 300 },
    )
  })

  it('goes on after a cut at any byte, without a gap', async () => {
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.array(fc.nat(5_000), { minLength: 1, maxLength: 5 }),
        async (given, cuts) => {
          const { elsewhere, frames } = happen(given)
          const { source, tracker, clock, next, calls } = setUpSource()
          source.open()
          const all = frames.filter((one) => one.startsWith('id'))
          for (const cut of [...cuts, undefined]) {
            const call = await next()
            const last = call.headers.get('last-event-id')
            // The server's side: from where the reader is, or all.
            const from = last === null ? 0 : Number(last.split('.')[1]) + 1
            const { bytes } = write(['retry: 2000\n\n', ...all.slice(from)], '\n')
            const stream = call.stream()
            stream.send(bytes.slice(0, cut === undefined ? undefined : cut % (bytes.length + 1)))
            if (cut !== undefined) {
              await clock.advance(0)
              stream.cut()
              for (const asked = calls.length; calls.length === asked;) await clock.next()
            }
          }
          await clock.advance(0)
          expect(tracker.serialize().tasks).toEqual(elsewhere.snapshot().tasks)
          expect(source.state.status).toBe('live')
        },
      ),
      { numRuns: 300 },
    )
  })
})
