import { createTracker, showPipeline } from '@callsheet/core'
import { collect, median } from './measure.ts'

/** Nanoseconds of an async function that does nothing: bare, and tracked with full records and no sink. */
export async function measureTrack(
  calls: number,
): Promise<{ readonly bare: number; readonly tracked: number }> {
  const nothing = async () => 1
  const time = async (call: (index: number) => Promise<number>) => {
    const start = process.hrtime.bigint()
    for (let index = 0; index < calls; index += 1) await call(index)
    return Number(process.hrtime.bigint() - start) / calls
  }
  const bare: number[] = []
  const tracked: number[] = []
  // One tracker is always alive: see `alive` in events.ts.
  let tracker = createTracker({ pipeline: showPipeline })
  for (let round = 0; round < 7; round += 1) {
    collect()
    tracker = createTracker({ pipeline: showPipeline })
    const shows = Array.from({ length: 100 }, (_, index) => tracker.show(`show-${index}`))
    bare.push(await time(nothing))
    tracked.push(await time((index) => shows[index % 100]!.track('trailer', nothing)))
  }
  return { bare: median(bare), tracked: median(tracked) }
}
