import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../test/test.ts'
import { assertLaw } from '../testing.ts'
import { openBrowser } from '../testing-browser.ts'
import { parseSnapshot } from '../schema/schema.ts'
import { autopilot, onResult } from './autopilot.ts'

const action = fc.oneof(
  fc.record({ kind: fc.constant('open' as const) }),
  fc.record({ kind: fc.constantFrom('close', 'tell'), tab: fc.nat(3) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(40) }),
)

describe('autopilots in tabs that are opened and closed at any time', () => {
  it('never work on a slot together, repeat lost calls with their key, and complete the show', () =>
    assertLaw(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(action, { minLength: 5, maxLength: 25, size: 'max' }),
        fc.array(fc.nat(30), { minLength: 3, maxLength: 12 }),
        async (isApart, actions, durations) => {
          const clock = createFakeClock()
          const browser = openBrowser({ isApart })
          const tabs: ReturnType<typeof open>[] = []
          /** By slot, the tabs that have called, and the keys that they used. */
          const calls = new Map<string, { readonly by: string; readonly key: string }[]>()
          const together: string[] = []
          const results: string[] = []
          let opened = 0
          let saved = ''

          function open() {
            const by = `tab-${(opened += 1)}`
            const tab = browser.open(by, { clock: clock.now, schedule: clock.schedule })
            onResult(tab.tracker, { portrait: ({ id }) => results.push(id) }, { only: 'own' })
            if (saved) tab.tracker.restore(parseSnapshot(saved))
            for (const other of tabs) other.tell()
            // A page that opens alone has to say that the others are gone.
            if (tabs.length === 0) tab.tracker.resume({})
            tab.show.setCharacters([{ id: 'ada' }, { id: 'bo' }])
            const make = async (
              slot: { readonly type: string; readonly characterId?: string },
              run: { readonly idempotencyKey: string; readonly wait: (ms: number) => Promise<void> },
            ) => {
              const name = `${slot.type} ${slot.characterId ?? ''}`
              const before = calls.get(name) ?? []
              if (before.some((call) => tabs.some((one) => one.by === call.by))) together.push(name)
              calls.set(name, [...before, { by, key: run.idempotencyKey }])
              await run.wait(durations[calls.size % durations.length]!)
            }
            autopilot(
              tab.tracker,
              's',
              {
                'show-generation': make,
                'character-seeds': make,
                'character-dossier': make,
                portrait: make,
                'portrait-grid': make,
                'library-poster': make,
                trailer: make,
              },
              { concurrency: { portrait: 1 } },
            )
            return tab
          }
          const close = (place: number) => {
            const [tab] = tabs.splice(place, 1)
            if (!tab) return
            tab.close()
            saved = JSON.stringify(tab.tracker.serialize())
          }

          for (const one of actions) {
            if (one.kind === 'wait') await clock.advance(one.ms)
            else if (one.kind === 'open') {
              if (tabs.length < 3) tabs.push(open())
            } else if (one.kind === 'close') close(one.tab)
            else tabs[one.tab]?.tell()
          }
          if (tabs.length === 0) tabs.push(open())
          const isOver = () => tabs.every(({ show }) => show.getPipeline().status === 'succeeded')
          for (let round = 0; round < 40 && !isOver(); round += 1) {
            await clock.advance(50)
            for (const tab of tabs) tab.tell()
          }

          expect(together).toEqual([])
          for (const tab of tabs)
            expect(tab.tracker.getPipeline('s'), tab.by).toMatchObject({ status: 'succeeded', active: 0 })
          for (const [name, made] of calls) expect(new Set(made.map(({ key }) => key)).size, name).toBe(1)
          expect(results.length).toBe(new Set(results).size)
        },
      ),
      { share: 0.1 },
    ))
})
