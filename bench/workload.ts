import { showPipeline, type TaskPatch, type TaskRecord } from '@callsheet/core'

/** What every contestant is given: the shows with their characters, and every version of every task in order. */
export interface Workload {
  readonly shape: Shape
  readonly tasks: number
  readonly shows: readonly {
    readonly showId: string
    readonly characters: readonly { readonly id: string }[]
  }[]
  readonly versions: readonly TaskRecord[]
  /** The newest versions of all tasks when half of the versions have been. */
  readonly halfway: readonly TaskRecord[]
  /** What an application says to a tracker to get the version at the same place. */
  readonly patches: readonly TaskPatch[]
}

/** All tasks in one show, or in shows of ten characters each. */
export type Shape = 'one' | 'many'

/** Added, processing, ten steps of progress, finished. */
const versionsPerTask = 13
const firstTime = 1_750_000_000_000

/** The same numbers in every run. */
export function seeded(seed: number): () => number {
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
  const characters =
    shape === 'many' ? 10 : Math.max(1, Math.ceil((tasks - perShow.length) / perCharacter.length))
  const tasksPerShow = perShow.length + characters * perCharacter.length
  return Array.from({ length: Math.ceil(tasks / tasksPerShow) }, (_show, show) => ({
    showId: `show-${show}`,
    characters: Array.from({ length: characters }, (_character, index) => ({ id: `character-${index}` })),
  }))
}

interface Fixed {
  readonly id: string
  readonly showId: string
  readonly type: string
  readonly characterId: string | undefined
  readonly stepNumber: number
}

function listTasks(shows: Workload['shows'], tasks: number): Fixed[] {
  const fixed: Fixed[] = []
  for (const { showId, characters } of shows) {
    for (const { type, stepNumber, per } of showPipeline.steps) {
      for (const { id } of per === 'show' ? [{ id: undefined }] : characters) {
        fixed.push({ id: `task-${fixed.length}`, showId, type, characterId: id, stepNumber })
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

function versionOf(fixed: Fixed, startedAt: number, turn: number, updatedAt: number): TaskRecord {
  const { id, showId, type, characterId, stepNumber } = fixed
  const { status = 'processing', stage, progress, outputUrl } = patches[turn]!
  return Object.freeze({
    id,
    showId,
    type,
    ...(characterId === undefined ? {} : { characterId }),
    stepNumber,
    status,
    attempt: 1,
    ...(stage === undefined ? {} : { stage }),
    ...(progress === undefined ? {} : { progress }),
    startedAt,
    updatedAt,
    ...(outputUrl === undefined ? {} : { completedAt: updatedAt, outputUrl }),
    rev: turn + 1,
    by: 'bench',
  })
}

/** Prepares the records before any clock starts: frozen, and of eight hidden classes, as fields come and go. */
export function prepare(shape: Shape, tasks: number, seed = 1): Workload {
  const shows = listShows(shape, tasks)
  const fixed = listTasks(shows, tasks)
  const turnOf = new Uint8Array(tasks)
  const startOf = new Float64Array(tasks)
  const versions: TaskRecord[] = []
  const given: TaskPatch[] = []
  let now = firstTime
  for (const task of shuffledTurns(tasks, seeded(seed))) {
    now += 7
    const turn = turnOf[task]!
    turnOf[task] = turn + 1
    if (turn === 0) startOf[task] = now
    versions.push(versionOf(fixed[task]!, startOf[task]!, turn, now))
    given.push(patches[turn]!)
  }
  const halfway = newestOf(versions.slice(0, halfOf({ versions })))
  return { shape, tasks, shows, versions, halfway, patches: given }
}

/** The place in the versions before which half of them are. */
export const halfOf = ({ versions }: Pick<Workload, 'versions'>): number => Math.floor(versions.length / 2)

/** The newest version of each task. */
export function newestOf(versions: readonly TaskRecord[]): TaskRecord[] {
  const newest = new Map<string, TaskRecord>()
  for (const version of versions) newest.set(version.id, version)
  return [...newest.values()]
}
