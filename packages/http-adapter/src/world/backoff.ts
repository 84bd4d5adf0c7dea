/**
 * How long to wait before the next try, in ms: `first`, then twice, four times … as long, up to `most`. Of that, half
 * to all, so that many do not come back at once.
 *
 * @param failures How many tries in a row have failed before the one that has just failed.
 * @param random From 0 to under 1.
 */
export const backoff = (failures: number, first: number, random: number, most = 60_000): number =>
  Math.min(Math.max(first, most), first * 2 ** failures) * (0.5 + random / 2)
