import type { Pipeline } from '../records/pipeline.ts'
import { mergeShows } from '../records/show.ts'
import {
  compareVersions,
  isInSlot,
  type ShowRecord,
  type SlotTask,
  type TaskVersion,
} from '../records/task.ts'
import { changed } from './step-counts.ts'
import { Entry, Show, Slot } from './entities.ts'
import { isCounted } from './items.ts'
import { infoOf, look, recount } from './look.ts'
import { readInfo, type ShowInfo } from './show-info.ts'
import { enter, leave, replace } from './slot-tasks.ts'
import type { PipelineView } from './view-types.ts'

/** The merged state: the newest version of every task and show, indexed and counted for the views. */
export type State = ReturnType<typeof createState>

export function createState(pipeline: Pipeline) {
  const tasks = new Map<string, Entry>()
  const records = new Map<string, ShowRecord>()
  /** By every id that a show has or had. */
  const shows = new Map<string, Show>()
  /** What a show begins with. */
  const noInfo = readInfo(pipeline, '', [])

  // --- tasks -------------------------------------------------------------------------------------------------------

  /** Merges one version of a task: the newest wins. Gives the version that it replaces, undefined for a new task, false if the known version wins. */
  function putTask(version: TaskVersion): TaskVersion | undefined | false {
    const entry = tasks.get(version.id)
    if (!entry) return add(version)
    const { version: held, slot } = entry
    if (compareVersions(version, held) <= 0) return false
    if (version.showId !== held.showId && records.get(version.showId)?.removed) return false
    entry.version = version
    if (slot && isInSlot(version) && !hasMoved(held as SlotTask, version)) replace(slot, entry)
    else {
      takeOut(entry)
      put(entry, open(version.showId))
    }
    return held
  }

  function add(version: TaskVersion): undefined | false {
    if (records.get(version.showId)?.removed) return false
    const show = open(version.showId)
    const entry = new Entry(version, show)
    tasks.set(version.id, entry)
    put(entry, show)
    return undefined
  }

  function put(entry: Entry, show: Show): void {
    const { version } = entry
    entry.show = show
    show.size += 1
    if (isInSlot(version)) enter(slotFor(show, version), entry)
    else (show.reset ??= new Set()).add(entry)
  }

  function takeOut(entry: Entry): void {
    const { show, slot } = entry
    show.size -= 1
    if (slot) leave(slot, entry)
    else show.reset!.delete(entry)
  }

  /** The step of a task's type, if the task has an item if and only if the step is per item; else the one for the rest. */
  function locate(show: Show, { type, characterId }: Pick<SlotTask, 'type' | 'characterId'>) {
    const found = pipeline.indexOf(type)
    const isPlaced =
      found !== undefined && (pipeline.steps[found]!.per === 'show') === (characterId === undefined)
    const step = show.steps[isPlaced ? found : pipeline.steps.length]!
    // No id is empty or holds a NUL.
    return { step, key: isPlaced ? (characterId ?? '') : `${type}\0${characterId ?? ''}` }
  }

  function slotFor(show: Show, task: SlotTask): Slot {
    const { step, key } = locate(show, task)
    const found = step.slots.get(key)
    if (found) return found
    const slot = new Slot(
      step,
      step.slotTasks.push(undefined) - 1,
      task.characterId,
      isCounted(step, task.characterId),
    )
    if (slot.place === 0) step.slots = new Map()
    step.slots.set(key, slot)
    return slot
  }

  /** A slot, where there is one. */
  function slotOf(task: Pick<SlotTask, 'showId' | 'type' | 'characterId'>): Slot | undefined {
    const show = shows.get(task.showId)
    if (!show) return undefined
    const { step, key } = locate(show, task)
    return step.slots.get(key)
  }

  // --- shows -------------------------------------------------------------------------------------------------------

  /** Merges a show's record, register by register. False if nothing changes. */
  function putShow(record: ShowRecord): boolean {
    const { showId } = record
    const held = records.get(showId)
    const merged = mergeShows(held, record)
    if (merged === held) return false
    records.set(showId, merged)
    const show = open(showId)
    if (held && isOnlyTitle(held, merged) && !show.isStale) {
      show.info = infoOf(show, pipeline, records)
      show.view = undefined
    } else show.isStale = true
    if (merged.removed && !held?.removed) clear(show, showId)
    const target = merged.renamedTo?.value
    if (target === held?.renamedTo?.value) return true
    if (held?.renamedTo) regroup([show, open(target!)])
    else join(show, open(target!))
    return true
  }

  /** A show by any id that it has or had, begun where it is not known. */
  function open(showId: string): Show {
    const found = shows.get(showId)
    if (found) return found
    const show = begin(showId)
    shows.set(showId, show)
    return show
  }

  function begin(showId: string): Show {
    const show = new Show(showId, noInfo, pipeline)
    show.members.push(showId)
    show.isStale = true
    for (const step of show.steps) changed(step)
    return show
  }

  /** Drops the tasks of a removed show. */
  function clear(show: Show, showId: string): void {
    for (const entry of entriesOf(show)) {
      if (entry.version.showId !== showId) continue
      takeOut(entry)
      tasks.delete(entry.version.id)
    }
  }

  /** Merges two shows after a rename. The smaller one moves into the larger one, so that a chain of renames stays linear. */
  function join(from: Show, to: Show): void {
    const finalId = from === to ? followRenames(records, to.showId) : to.showId
    const weigh = ({ size, members }: Show): number => size + members.length
    const [small, large] = weigh(from) < weigh(to) ? [from, to] : [to, from]
    large.showId = finalId
    large.isStale = true
    if (small === large) return
    for (const id of small.members) {
      shows.set(id, large)
      large.members.push(id)
    }
    for (const entry of entriesOf(small)) put(entry, large)
  }

  /** Rebuilds the shows that a rename had joined, after it has changed. */
  function regroup(old: readonly Show[]): void {
    const groups = new Set(old)
    const entries = [...groups].flatMap(entriesOf)
    const members = [...groups].flatMap((show) => show.members)
    for (const id of members) shows.delete(id)
    for (const id of members) {
      const finalId = followRenames(records, id)
      const show = shows.get(finalId) ?? begin(finalId)
      if (id !== finalId) show.members.push(id)
      shows.set(id, show).set(finalId, show)
    }
    for (const entry of entries) put(entry, open(entry.version.showId))
  }

  return {
    pipeline,
    tasks,
    records,
    shows,
    putTask,
    putShow,
    slotOf,
    /** A show's view; of one that is not known, an empty one. */
    viewOf: (showId: string): PipelineView => look(shows.get(showId) ?? begin(showId), pipeline, records),
    look: (show: Show): PipelineView => look(show, pipeline, records),
    /** What the records of a show say; undefined for a show that is not known. */
    infoOf(showId: string): ShowInfo | undefined {
      const show = shows.get(showId)
      if (show?.isStale) recount(show, pipeline, records)
      return show?.info
    },
  }
}

/** Whether a show's record has changed in nothing but its title: its steps need not be counted anew. */
const isOnlyTitle = (held: ShowRecord, merged: ShowRecord): boolean =>
  (Object.keys(merged) as (keyof ShowRecord)[]).every(
    (name) => name === 'title' || merged[name] === held[name],
  )

const hasMoved = (held: SlotTask, version: SlotTask): boolean =>
  held.showId !== version.showId ||
  held.type !== version.type ||
  held.characterId !== version.characterId ||
  held.startedAt !== version.startedAt

/** Every task of a show, removed ones too. */
export function entriesOf({ steps, reset }: Show): Entry[] {
  const all: Entry[] = []
  for (const { slots } of steps)
    for (const { latest, older } of slots.values())
      if (latest) {
        for (const entry of older ?? []) all.push(entry)
        all.push(latest)
      }
  return reset ? [...all, ...reset] : all
}

/** The id that renames lead to: followed to their end, a cycle to its smallest id. */
export function followRenames(records: ReadonlyMap<string, ShowRecord>, showId: string): string {
  const passed = new Set<string>()
  let id = showId
  for (; !passed.has(id); id = records.get(id)?.renamedTo?.value ?? id) passed.add(id)
  const all = [...passed]
  return all.slice(all.indexOf(id)).toSorted()[0]!
}
