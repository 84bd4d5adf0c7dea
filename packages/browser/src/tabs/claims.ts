import { isActive, isRemoved, type TaskRecord, type TaskVersion, type Tracker } from '@callsheet/core'
import { parseRecords } from '@callsheet/core/schema'
import type { Claim, Store } from '../storage/store.ts'
import type { Life } from './life.ts'

interface ClaimsOptions {
  readonly tracker: Pick<Tracker, 'getTask' | 'getPipeline' | 'serialize' | 'merge' | 'pipeline'>
  readonly opening: Promise<Store>
  readonly life: Life
  /** Resolves when no more claims are to be made. */
  readonly closed: Promise<void>
  readonly report: (error: unknown) => void
  /** Looks after the work of a page that has ended. */
  readonly inherit: (owner: string) => Promise<void>
}

/** Which page works on which slot. */
export type Claims = ReturnType<typeof createClaims>

export function createClaims({ tracker, opening, life, closed, report, inherit }: ClaimsOptions) {
  let isClosed = false
  void closed.then(() => (isClosed = true))
  /** By task, the slots that this page has claimed. */
  const mine = new Map<string, string>()
  /** The tasks whose slots are being claimed. */
  const claiming = new Set<string>()
  /** By active task, the page that works on it. */
  const owners = new Map<string, string>()

  /** A show that was renamed has one slot under all of its ids. */
  const slotOf = ({ showId, type, characterId }: TaskRecord): string =>
    JSON.stringify([tracker.getPipeline(showId).showId, type, characterId ?? null])

  /** Whether a task may take the place of the one that holds the slot. */
  function isFree(held: Claim | undefined, taskId: string, me: string): boolean {
    if (!held) return true
    const isMine = held.owner === me
    if (held.taskId === taskId) return isMine || held.isOver === true
    // The end of another page's task may be on its way: that it has ended must be known here.
    const known = tracker.getTask(held.taskId) ?? tombstoneOf(held)
    return known ? isRemoved(known) || !isActive(known) : isMine
  }

  const tombstoneOf = ({ slot, taskId }: Claim): TaskVersion | undefined => {
    const [showId] = JSON.parse(slot) as [string]
    return tracker.serialize({ showId }).tasks.find(({ id }) => id === taskId)
  }

  /** See `Ownership`. */
  async function claim(task: TaskRecord): Promise<string | undefined> {
    const slot = slotOf(task)
    const { id: taskId } = task
    claiming.add(taskId)
    try {
      const store = await opening
      let ended: string | undefined
      for (;;) {
        if (isClosed) return undefined
        const held = await store.claim(slot, (it) => {
          const owner = life.current()
          return owner !== undefined && isFree(it, taskId, owner) ? { slot, taskId, owner, task } : undefined
        })
        const owner = life.current()
        if (held && held.owner === owner && held.taskId === taskId) {
          mine.set(taskId, slot)
          owners.delete(taskId)
          return undefined
        }
        if (!held || owner === undefined) {
          // The page was left meanwhile: then another one may have the slot.
          await Promise.race([life.id(), closed])
          continue
        }
        if (held.owner === owner || held.owner === ended || (await life.isAlive(held.owner))) {
          if (held.owner !== owner) owners.set(held.taskId, held.owner)
          return held.taskId
        }
        ended = held.owner
        await inherit(ended)
      }
    } finally {
      claiming.delete(taskId)
    }
  }

  /** Claims the slot of an active task without a run here, if it is free. Resolves to the claim of another page or task. */
  async function note(task: TaskRecord): Promise<Claim | undefined> {
    const owner = life.current()
    if (owner === undefined || !isActive(task) || mine.has(task.id) || claiming.has(task.id)) return undefined
    const slot = slotOf(task)
    const next = { slot, taskId: task.id, owner, task }
    const held = await (await opening).claim(slot, (it) => (isFree(it, task.id, owner) ? next : undefined))
    if (held?.taskId !== task.id || held.owner !== owner) return held
    mine.set(task.id, slot)
    return undefined
  }

  /** The run of a task that was claimed here has ended. */
  async function release(taskId: string, isRemoved: boolean): Promise<void> {
    const slot = mine.get(taskId)
    const owner = life.current()
    if (slot === undefined || owner === undefined) return
    mine.delete(taskId)
    const store = await opening
    const isIt = (held: Claim | undefined) => held?.taskId === taskId && held.owner === owner
    if (isRemoved) await store.changeClaims((held) => (isIt(held) ? null : undefined))
    else await store.claim(slot, (held) => (isIt(held) ? { ...held!, isOver: true } : undefined))
  }

  /** What was paid for must be known, also if its page has died before it could save or tell it. */
  function learn({ task }: Claim): void {
    const records = parseRecords({ tasks: task ? [task] : [], shows: [] }, { pipeline: tracker.pipeline })
    tracker.merge(records, { whole: true })
  }

  return {
    claim,
    isElsewhere: ({ id }: TaskRecord): boolean => {
      const owner = owners.get(id)
      return owner !== undefined && owner !== life.current() && life.isWatched(owner)
    },
    /** Another page has told of its own tasks. */
    heard(from: string, tasks: readonly { readonly id: string; readonly status?: string }[]): void {
      for (const task of tasks) {
        if (task.status !== undefined && isActive(task as TaskRecord)) owners.set(task.id, from)
        else owners.delete(task.id)
      }
    },
    note,
    release: (taskId: string, isRemoved: boolean) => void release(taskId, isRemoved).catch(report),
    /**
     * Takes over the claims of pages that have ended. Those of work that does not go on are removed.
     */
    async take(isGone: (owner: string) => boolean, goesOn: (taskId: string) => boolean): Promise<string[]> {
      const store = await opening
      const owner = await life.id()
      const taken = await store.changeClaims((held) => {
        if (!isGone(held.owner)) return undefined
        if (!held.isOver) learn(held)
        return goesOn(held.taskId) ? { ...held, owner } : null
      })
      for (const { taskId, slot } of taken) if (goesOn(taskId)) mine.set(taskId, slot)
      return taken.flatMap(({ taskId }) => (mine.has(taskId) ? taskId : []))
    },
    /** What pages that have ended had begun without a claim. */
    unclaimedOf: (isGone: (owner: string) => boolean): string[] =>
      [...owners].flatMap(([id, from]) => (isGone(from) && !mine.has(id) ? id : [])),
    isMine: (taskId: string): boolean => mine.has(taskId),
    isClaiming: (taskId: string): boolean => claiming.has(taskId),
    /** The pages that have claimed anything. */
    async owners(): Promise<ReadonlySet<string>> {
      const all: Claim[] = []
      await (await opening).changeClaims((held) => void all.push(held))
      for (const { taskId, owner } of all) owners.set(taskId, owner)
      return new Set(all.map(({ owner }) => owner))
    },
  }
}
