import { createHash } from 'node:crypto'
import type { HTTPException } from 'hono/http-exception'
import { refusal } from './requests.ts'
import type { ShowRecord, Step } from './show-record.ts'

/** In ms at speed 1: slow enough to watch. */
const baseWaits: Readonly<Record<Step, number>> = {
  'show-generation': 2500,
  'character-seeds': 2000,
  'character-dossier': 2500,
  portrait: 4000,
  video: 4000,
  'portrait-grid': 2000,
  'library-poster': 3000,
  trailer: 5000,
}

/** The duration of a call in ms. Characters differ by up to 40 %, each always by the same. */
export function waitOf(step: Step, speed: number, characterId?: string): number {
  if (characterId === undefined) return baseWaits[step] / speed
  const byte = createHash('sha256').update(characterId).digest()[0] ?? 0
  return (baseWaits[step] * (0.6 + (0.8 * byte) / 255)) / speed
}

/** Uses one fault that matches the call. Returns the same show if none does. */
export function spendFault(show: ShowRecord, step: Step, characterId?: string): ShowRecord {
  const index = show.seeds?.findIndex(({ id }) => id === characterId)
  const spent = show.faults.find(
    ({ type, characterIndex }) => type === step && (characterIndex === undefined || characterIndex === index),
  )
  if (!spent) return show
  const faults = show.faults.flatMap((one) => {
    if (one !== spent) return [one]
    return one.times > 1 ? [{ ...one, times: one.times - 1 }] : []
  })
  return { ...show, faults }
}

/** The errors have different formats, like those of real providers. */
export function faultOf(step: Step, name = 'the show'): HTTPException {
  if (step === 'portrait') {
    const details = `The portrait of ${name} was refused by the content filter.`
    return refusal(422, { error: 'Content filter', details })
  }
  if (step === 'video') {
    return refusal(500, { error: 'Video failed', detail: `The video of ${name} broke off while encoding.` })
  }
  if (step === 'character-seeds') {
    const details = 'Too many requests. Try again in 2 seconds.'
    return refusal(429, { error: 'Rate limit', details, retry_after: 2 }, { 'Retry-After': '2' })
  }
  return refusal(500, { error: 'Step failed', details: `The step ${step} of ${name} failed, as asked for.` })
}
