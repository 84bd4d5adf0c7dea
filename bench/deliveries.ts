import type { TaskRecord } from '@callsheet/core'
import { prepare, seeded, type Workload } from './workload.ts'

/** What is to be sent. */
export interface Deliveries {
  /** The versions of tasks in shows of ten characters, in order. */
  readonly workload: Workload
  /** The same, each with a task id of its own: none of them stands for another one. */
  readonly events: readonly TaskRecord[]
}

/** Ids as random as real ones, so that they compress as badly. */
function createIds(): () => string {
  const random = seeded(2)
  const part = () => Math.floor(random() * 2 ** 32)
  return () => `task-${[part(), part()].map((bits) => bits.toString(16).padStart(8, '0')).join('')}`
}

export function prepareDeliveries(tasks: number): Deliveries {
  const idOf = createIds()
  const ids = Array.from({ length: tasks }, idOf)
  const { versions, ...rest } = prepare('many', tasks)
  const withId = (version: TaskRecord, id: string) => Object.freeze({ ...version, id })
  return {
    workload: {
      ...rest,
      versions: versions.map((version) => withId(version, ids[Number(version.id.slice(5))]!)),
    },
    events: versions.map((version) => withId(version, idOf())),
  }
}
