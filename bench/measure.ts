/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Runs the garbage collector; the bench is started with --expose-gc. */
export const collect = (): void => {
  globalThis.gc?.()
}

/** Nanoseconds that an action took. */
export function timed(action: () => void): number {
  const start = process.hrtime.bigint()
  action()
  return Number(process.hrtime.bigint() - start)
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

/** A Markdown table: the first row is the head. */
export const table = (rows: readonly (readonly string[])[]): string =>
  [row(rows[0]!), row(rows[0]!.map(() => '---')), ...rows.slice(1).map(row)].join('\n')

export const inWords = (tasks: number): string =>
  tasks >= 1_000_000 ? `${tasks / 1_000_000}M` : tasks >= 1_000 ? `${tasks / 1_000}k` : String(tasks)

export const times = (ratio: number): string =>
  ratio < 100 ? ratio.toFixed(1) : Math.round(ratio).toLocaleString('en')

/** A line that says whether a goal is met by a figure. */
export const goal = (text: string, figure: string, isMet: boolean): string =>
  `- Goal: ${text}. ${figure}: ${isMet ? 'met' : '**missed**'}.`
