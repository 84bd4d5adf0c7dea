import { describe, expect, it } from 'vitest'
import { assertAgreement } from './agreement.ts'
import { wrappers } from './calls/all.ts'
import { contestants } from './contestants/all.ts'
import { createStorage, quota } from './contestants/stored-array.ts'
import { prepareDeliveries } from './deliveries.ts'
import { measureLargeShow } from './large-show.ts'
import { createReceiver } from './receiver.ts'
import { sendBurst, sendPaced } from './send.ts'
import { senders } from './senders/all.ts'
import { timeCalls } from './track.ts'
import { prepare } from './workload.ts'

const workloads = { one: prepare('one', 60), many: prepare('many', 60) }

describe.each(contestants)('$name', (contestant) => {
  it.each(['one', 'many'] as const)('shows what the limit shows after every event, in %s', (shape) => {
    expect(() => assertAgreement(contestant, workloads[shape])).not.toThrow()
  })

  it('goes on from what was loaded at once', () => {
    const { length } = workloads.many.versions
    expect(() => assertAgreement(contestant, workloads.many, length / 2)).not.toThrow()
  })
})

describe('assertAgreement', () => {
  it('finds a contestant that misses an event', () => {
    const [honest] = contestants
    const forgetful = {
      ...honest!,
      start: (workload: typeof workloads.one) => {
        const running = honest!.start(workload)
        return { ...running, play: (from: number, to: number) => running.play(from, to - 1) }
      },
    }
    expect(() => assertAgreement(forgetful, workloads.one)).toThrow(/other figures/)
  })
})

describe('createStorage', () => {
  it('holds as much as a browser allows, keys included', () => {
    const storage = createStorage()
    storage.setItem('key', 'x'.repeat(quota - 3))
    expect(() => storage.setItem('key', 'x'.repeat(quota - 2))).toThrow(DOMException)
    expect(storage.getItem('key')).toHaveLength(quota - 3)
  })
})

describe('measureLargeShow', () => {
  it('asks questions that have an answer', () => {
    expect(measureLargeShow(60, 1).map(({ name }) => name)).toEqual(['eta', 'readySlots'])
  })
})

// All but OpenTelemetry: tests resolve it to files that Node alone cannot read. `pnpm run bench` asserts the same of it.
const testedOf = (all: object) => Object.keys(all).filter((name) => !name.startsWith('openTelemetry'))

describe('timeCalls', () => {
  it.each(testedOf(wrappers))('finds every call known to %s', async (name) => {
    expect(await timeCalls(await wrappers[name]!(), 40)).toBeGreaterThan(0)
  })
})

describe('a burst', () => {
  const deliveries = prepareDeliveries(40)

  it.each(testedOf(senders))('sent by %s arrives whole', async (name) => {
    const sender = await senders[name]!()
    const receiver = await createReceiver()
    const question = { url: receiver.url, tasks: 40, isRaised: true }
    const { expected } = await sendBurst(sender, deliveries, question)
    const received = receiver.received(sender.delivers ?? 'versions')
    await receiver.refuse()
    expect(received.events).toBe(expected)
    expect(received.requests).toBeGreaterThan(0)
    expect(received.bytes).toBeGreaterThan(expected)
  })

  it('is seen to be lost where it is lost', async () => {
    const sender = await senders['fetchEach']!()
    const receiver = await createReceiver()
    const question = { url: receiver.url, tasks: 40, isRaised: true }
    const sending = sendPaced(sender, deliveries, question, 300)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await receiver.refuse()
    await new Promise((resolve) => setTimeout(resolve, 100))
    await receiver.listen()
    const { expected } = await sending
    const { events } = receiver.received('versions')
    await receiver.refuse()
    expect(events).toBeGreaterThan(0)
    expect(events).toBeLessThan(expected)
  })
})
