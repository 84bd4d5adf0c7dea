import type { CharacterSeed, Media } from './generator.ts'
import { faultOf, spendFault, waitOf } from './pace.ts'
import { notReady } from './requests.ts'
import { findOutput, type Output, type ShowRecord, type Step } from './show-record.ts'
import { folderName, type Shows, type WriteMedia } from './shows.ts'

export interface Call {
  readonly showId: string
  readonly step: Step
  readonly characterId?: string
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal
}

/** The course of every step: begin, produce, keep. */
export interface Work {
  /** Checks, waits, and fails on request; returns the show at that time. */
  readonly begin: (call: Call, check: (show: ShowRecord) => unknown) => Promise<ShowRecord>
  /** Keeps a result, unless the client is gone or the show has another blueprint meanwhile. */
  readonly keep: (
    call: Call,
    from: ShowRecord,
    change: (show: ShowRecord, write: WriteMedia) => ShowRecord | Promise<ShowRecord>,
  ) => Promise<ShowRecord>
  /** Keeps a file instead of an older one of its kind. Its URL is new each time. */
  readonly keepFile: (call: Call, from: ShowRecord, media: Media) => Promise<string>
}

interface WorkOptions {
  readonly shows: Shows
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>
}

const known = (show: ShowRecord | undefined, showId: string): ShowRecord => {
  if (show) return show
  throw notReady(`Show "${showId}" is unknown: call /api/generate first.`)
}

export const blueprintOf = (show: ShowRecord) => {
  if (show.blueprint) return show.blueprint
  throw notReady(`Show "${show.showId}" has no blueprint yet: call /api/generate first.`)
}

export const characterOf = (show: ShowRecord, characterId: string): CharacterSeed => {
  const found = show.seeds?.find(({ id }) => id === characterId)
  if (found) return found
  const how = show.seeds ? 'ask for one of its characters.' : 'call /api/characters/extract first.'
  throw notReady(`Show "${show.showId}" has no character "${characterId}": ${how}`)
}

export function createWork({ shows, sleep }: WorkOptions): Work {
  const keep: Work['keep'] = (call, from, change) =>
    shows.update(call.showId, (current, write) => {
      call.signal.throwIfAborted()
      const show = known(current, call.showId)
      if (show.blueprint?.seed === from.blueprint?.seed) return change(show, write)
      throw notReady(`Show "${call.showId}" was made anew meanwhile: this result belongs to the old one.`)
    })

  return {
    keep,
    begin: async ({ showId, step, characterId, signal }, check) => {
      const show = known(await shows.read(showId), showId)
      check(show)
      await sleep(waitOf(step, show.speed, characterId), signal)
      signal.throwIfAborted()
      let before: ShowRecord | undefined
      const after = await shows.update(showId, (current) => {
        before = known(current, showId)
        return spendFault(before, step, characterId)
      })
      const name = after.seeds?.find(({ id }) => id === characterId)?.name
      if (after !== before) throw faultOf(step, name)
      check(after)
      return after
    },
    keepFile: async (call, from, { bytes, extension }) => {
      const { showId, step, characterId } = call
      let url = ''
      await keep(call, from, async (show, write) => {
        const serial = show.serial + 1
        const file = `${step}-${serial}.${extension}`
        await write(file, bytes)
        url = `/media/${folderName(showId)}/${file}`
        const old = findOutput(show, step, characterId)
        const take = (old?.take ?? 0) + 1
        const output: Output = {
          type: step,
          file,
          url,
          take,
          ...(characterId === undefined ? {} : { characterId }),
        }
        return { ...show, serial, outputs: [...show.outputs.filter((one) => one !== old), output] }
      })
      return url
    },
  }
}
