import { isActive, isFinished, type TaskRecord, type Tracker } from '@callsheet/core'
import type { Follow, OwnedRuns } from '@callsheet/core/provider'
import type { Claims } from './claims.ts'
import type { Life } from './life.ts'

const lostStage = 'the page that made the call was closed'

interface SuccessionOptions {
  readonly tracker: Pick<Tracker, 'getTask' | 'updateTask' | 'reset' | 'resume'>
  readonly owned: OwnedRuns
  readonly claims: Pick<Claims, 'take' | 'owners' | 'note' | 'unclaimedOf' | 'isClaiming'>
  readonly life: Pick<Life, 'isAlive' | 'watch'>
  readonly followers: Readonly<Record<string, Follow>>
}

/** Who goes on with the work of pages that are gone. */
export function createSuccession({ tracker, owned, claims, life, followers }: SuccessionOptions) {
  const running = () => new Set(owned.tasks().map(({ id }) => id))

  const canFollow = ({ job }: TaskRecord): boolean =>
    job !== undefined && Object.hasOwn(followers, job.provider)

  const goesOn = (id: string): boolean => {
    const task = tracker.getTask(id)
    return task !== undefined && !isFinished(task) && (isActive(task) || canFollow(task))
  }

  /** Follows the jobs of pages that have ended, and interrupts their other work. */
  async function takeOver(isGone: (owner: string) => boolean): Promise<void> {
    const taken = await claims.take(isGone, goesOn)
    const abandoned = new Set<string>()
    for (const id of claims.unclaimedOf(isGone).filter(goesOn)) {
      const other = await claims.note(tracker.getTask(id)!)
      // Another task has the slot, so this one was not paid for. Or another page has taken it over.
      if (other && other.taskId !== id) abandoned.add(id)
      if (other?.taskId !== id) taken.push(id)
    }
    const here = running()
    const all = taken.filter((id) => !here.has(id))
    for (const id of all) {
      const task = tracker.getTask(id)
      if (task && !canFollow(task)) tracker.updateTask(id, { status: 'interrupted', stage: lostStage })
      if (abandoned.has(id)) tracker.reset(id)
    }
    follow(all)
  }

  const follow = (ids: readonly string[]) => {
    const known = new Set(ids)
    tracker.resume(followers, { only: (task) => known.has(task.id) && canFollow(task) })
  }

  return {
    takeOver,
    /** At the start: takes over from all pages that are gone. */
    async begin(): Promise<void> {
      const gone = new Set<string>()
      const look = async (owner: string) => {
        if (await life.isAlive(owner)) life.watch(owner)
        else gone.add(owner)
      }
      await Promise.all(Array.from(await claims.owners(), look))
      await takeOver((owner) => gone.has(owner))
      // Jobs that were lost before: their providers may know them by now.
      tracker.resume(followers, { only: (task) => task.status === 'interrupted' && canFollow(task) })
    },
    /** After a return: goes on with what no other page has taken over. The other runs yield. */
    async comeBack(isMine: (owner: string) => boolean): Promise<void> {
      const kept = await claims.take(isMine, goesOn)
      for (const id of running()) if (!kept.includes(id) && !claims.isClaiming(id)) owned.yield(id)
      follow(kept)
    },
  }
}
