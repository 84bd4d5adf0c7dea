// From what is held to what is shown.
import type { Pipeline } from '../records/pipeline.ts'
import type { ShowRecord } from '../records/task.ts'
import { changed, recountStep } from './step-counts.ts'
import type { Show } from './entities.ts'
import { relist } from './items.ts'
import { readInfo, type ShowInfo } from './show-info.ts'
import { viewOfShow } from './show-view.ts'
import { isSameView, viewOfStep } from './step-view.ts'
import type { PipelineView } from './view-types.ts'

/** The view of a show as it is now: the same object until something in the show changes. */
export function look(show: Show, pipeline: Pipeline, records: ReadonlyMap<string, ShowRecord>): PipelineView {
  if (show.isStale) recount(show, pipeline, records)
  if (show.view) return show.view
  for (const step of show.changed) {
    show.stepViews[step.place] = viewOfStep(step)
    step.isChanged = false
  }
  show.changed.length = 0
  return (show.view = viewOfShow(show))
}

/** What the records of a show, and of all ids that renames have joined to it, say together. */
export const infoOf = (show: Show, pipeline: Pipeline, records: ReadonlyMap<string, ShowRecord>): ShowInfo =>
  readInfo(
    pipeline,
    show.showId,
    show.members.flatMap((id) => records.get(id) ?? []),
  )

/** Counts all of a show anew, for the rare changes that concern all of it. Steps that look as before keep their views. */
export function recount(show: Show, pipeline: Pipeline, records: ReadonlyMap<string, ShowRecord>): void {
  show.info = infoOf(show, pipeline, records)
  show.isStale = false
  show.view = undefined
  show.outside = 0
  for (const items of show.items.values()) relist(show, items)
  for (const step of show.steps) {
    recountStep(step)
    const view = show.stepViews[step.place]
    if (view && !step.isChanged && !isSameView(view, viewOfStep(step))) changed(step)
  }
}
