/** Stages that all providers share. */
export const stages = { starting: 'starting', running: 'running' } as const

/** Stages of a model that answers. */
export const phases = {
  thinking: 'thinking',
  writing: 'writing',
  drawing: 'drawing',
  searching: 'searching',
  coding: 'running code',
  calling: 'calling a tool',
} as const

/** @param place 1 is the next one. An invalid place is left out. */
export const queued = (place?: unknown): string =>
  typeof place === 'number' && Number.isInteger(place) && place >= 1
    ? `${place}${ending(place)} in the queue`
    : 'in the queue'

function ending(place: number): string {
  const tens = place % 100
  if (tens >= 11 && tens <= 13) return 'th'
  return ['th', 'st', 'nd', 'rd'][place % 10] ?? 'th'
}

const longestTail = 600
// A bar as tqdm draws it, a line that begins with its percentage, or one that says what it counts.
const telling = /^\W*\d|%\s?\||progress|step|complete|done|finished/i
// Loading is not the work, and its 100 % would stay.
const beforeWork = /load|fetch|install|warm/i
const percent = /(?<![\d.])(\d{1,3})(?:\.\d{1,9})?\s?%(?!\w)/

/**
 * The last percentage of the work in a log, whole, 0 to 99: only the provider's status makes it 100.
 *
 * Reads the last 600 characters.
 */
export function percentIn(log: unknown): number | undefined {
  if (typeof log !== 'string') return undefined
  const lines = log.slice(-longestTail).split(/[\r\n]+/)
  for (const line of lines.toReversed()) {
    const found = telling.test(line) && !beforeWork.test(line) ? percent.exec(line) : null
    if (found) return Math.min(99, Number(found[1]))
  }
  return undefined
}
