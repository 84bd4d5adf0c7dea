import { showPipeline, type TaskPatch, type TaskRecord } from '@callsheet/core'
import { firstVersion, nextVersion } from '../packages/core/src/writer.ts'

/** What every contestant is given: the shows with their characters, and every version of every task in order. */
export interface Workload {
  readonly shape: Shape
  readonly tasks: number
  readonly shows: readonly { readonly showId: string; readonly characters: readonly { readonly id: string }[] }[]
  readonly versions: readonly TaskRecord[]
  /** What an application says to a tracker to get the version at the same place. */
  readonly patches: readonly TaskPatch[]
}

/** All tasks in one show, or in shows of ten characters each. */
export type Shape = 'one' | 'many'

/** Added, processing, ten steps of progress, finished. */
const versionsPerTask = 13
const firstTime = 1_750_000_000_000
const writer = { by: 'bench', definition: undefined }

/** The same numbers in every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const perShow = showPipeline.steps.filter((step) => step.per === 'show')
const perCharacter = showPipeline.steps.filter((step) => step.per === 'character')

/** Every task once in `versionsPerTask` places, shuffled. */
function shuffledTurns(tasks: number, random: () => number): Uint32Array {
  const turns = new Uint32Array(tasks * versionsPerTask).map((_turn, index) => index % tasks)
  for (let last = turns.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1))
    const turn = turns[last]!
    turns[last] = turns[other]!
    turns[other] = turn
  }
  return turns
}

function listShows(shape: Shape, tasks: number) {
  const characters = shape === 'many' ? 10 : Math.max(1, Math.ceil((tasks - perShow.length) / perCharacter.length))
  const tasksPerShow = perShow.length + characters * perCharacter.length
  return Array.from({ length: Math.ceil(tasks / tasksPerShow) }, (_show, show) => ({
    showId: `show-${show}`,
    characters: Array.from({ length: characters }, (_character, index) => ({ id: `character-${index}` })),
  }))
}

type Fixed = Pick<TaskRecord, 'id' | 'showId' | 'type' | 'characterId' | 'stepNumber' | 'startedAt'>

function listTasks(shows: Workload['shows'], tasks: number): Fixed[] {
  const fixed: Fixed[] = []
  for (const { showId, characters } of shows) {
    for (const { type, stepNumber, per } of showPipeline.steps) {
      for (const { id } of per === 'show' ? [{ id: undefined }] : characters) {
        const item = id === undefined ? {} : { characterId: id }
        fixed.push({ id: `task-${fixed.length}`, showId, type, ...item, stepNumber, startedAt: 0 })
      }
    }
  }
  return fixed.slice(0, tasks)
}

const patchOf = (turn: number): TaskPatch =>
  turn === 0
    ? { status: 'starting' }
    : turn === 1
      ? { status: 'processing', stage: 'queued' }
      : turn < versionsPerTask - 1
        ? { progress: (turn - 1) * 10 - 1 }
        : { status: 'succeeded', progress: 100, outputUrl: 'https://cdn.example/output.png' }

const patches = Array.from({ length: versionsPerTask }, (_patch, turn) => patchOf(turn))

/** Prepares the records before any clock starts, by the very writer that the tracker uses. */
export function prepare(shape: Shape, tasks: number, seed = 1): Workload {
  const shows = listShows(shape, tasks)
  const fixed = listTasks(shows, tasks)
  const newest: (TaskRecord | undefined)[] = fixed.map(() => undefined)
  const turnOf = new Uint8Array(tasks)
  const versions: TaskRecord[] = []
  const given: TaskPatch[] = []
  let now = firstTime
  for (const task of shuffledTurns(tasks, seeded(seed))) {
    now += 7
    const held = newest[task]
    const patch = patches[turnOf[task]!]!
    turnOf[task] = turnOf[task]! + 1
    const writing = { ...writer, now }
    const version = held
      ? nextVersion(held, patch as never, writing)
      : firstVersion({ ...fixed[task]!, startedAt: now }, patch as never, writing)
    newest[task] = version
    versions.push(version)
    given.push(patch)
  }
  return { shape, tasks, shows, versions, patches: given }
}

/** The newest version of each task among the first `count` versions. */
export function newestOf(workload: Workload, count: number): TaskRecord[] {
  const newest = new Map<string, TaskRecord>()
  for (const version of workload.versions.slice(0, count)) newest.set(version.id, version)
  return [...newest.values()]
}
