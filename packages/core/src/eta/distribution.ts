/** The distribution of durations, estimated from samples. Shares are from 0 to 1, durations in ms. */
export interface Distribution {
  /** The share of tasks that take longer than this. */
  readonly shareLonger: (duration: number) => number
  /** The duration that this share of tasks exceeds: 0.5 gives the median, 0.1 the 90th percentile. */
  readonly exceededBy: (share: number) => number
}

/**
 * Estimates a distribution from durations. The k-th longest of n is exceeded by k of n + 1; between two of them the
 * logarithm is interpolated, since durations differ by factors.
 *
 * Beyond the longest sample the tail follows a power law. Its exponent is the mean excess of the logarithms of the longest
 * samples (Hill's estimator, over about the square root of n samples). With such a tail, a task that has taken twice as long
 * as any sample will take about as long again.
 */
export function readDistribution(durations: readonly number[]): Distribution {
  // The longest first.
  const logs = durations.map((duration) => Math.log(Math.max(1, duration))).toSorted((a, b) => b - a)
  const count = logs.length
  const exponent = tailOf(logs)

  function shareLonger(duration: number): number {
    const log = Math.log(Math.max(1, duration))
    const excess = log - logs[0]!
    if (excess >= 0) return Math.exp(-excess / exponent) / (count + 1)
    const place = countLonger(logs, log)
    if (place === count) return 1
    const [above, below] = [logs[place - 1]!, logs[place]!]
    return (place + (above - log) / (above - below)) / (count + 1)
  }

  function exceededBy(share: number): number {
    const place = share * (count + 1)
    if (place <= 1) return Math.exp(logs[0]! - exponent * Math.log(place))
    // No sample is faster than the fastest.
    if (place >= count) return Math.exp(logs[count - 1]!)
    const whole = Math.floor(place)
    const [above, below] = [logs[whole - 1]!, logs[whole]!]
    return Math.exp(above + (below - above) * (place - whole))
  }

  return { shareLonger, exceededBy }
}

/** The number of longer samples, in a list with the longest first. */
function countLonger(logs: readonly number[], log: number): number {
  let [from, to] = [0, logs.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (logs[middle]! > log) from = middle + 1
    else to = middle
  }
  return from
}

function tailOf(logs: readonly number[]): number {
  const count = Math.min(logs.length - 1, Math.max(3, Math.round(Math.sqrt(logs.length))))
  const longest = logs.slice(0, count)
  const mean = longest.reduce((sum, log) => sum + log - logs[count]!, 0) / Math.max(1, count)
  // Equal samples tell nothing about outliers, so there is a minimum. Above 1 the mean would be infinite.
  return Math.min(1, Math.max(0.05, mean))
}
