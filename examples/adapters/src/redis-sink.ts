// A sink of your own: the newest version of every record, in two hashes of Redis.
import type { ShowRecord, Sink, TaskVersion } from '@callsheet/core'
import { compareVersions, mergeShows } from '@callsheet/core/provider'

/** The part of a Redis client that the sink uses. */
export interface RedisLike {
  readonly hGet: (key: string, field: string) => Promise<string | null>
  readonly hSet: (key: string, field: string, value: string) => Promise<unknown>
}

/** Failures are reported by the tracker, and lose what was written while Redis was away. */
export function redisSink(redis: RedisLike, key = 'callsheet'): Sink {
  let last: Promise<unknown> = Promise.resolve()
  let isClosed = false

  async function keepTask(task: TaskVersion): Promise<void> {
    const held = await redis.hGet(`${key}:tasks`, task.id)
    if (held !== null && compareVersions(task, JSON.parse(held) as TaskVersion) <= 0) return
    await redis.hSet(`${key}:tasks`, task.id, JSON.stringify(task))
  }

  async function keepShow(show: ShowRecord): Promise<void> {
    const held = await redis.hGet(`${key}:shows`, show.showId)
    const merged = held === null ? show : mergeShows(JSON.parse(held) as ShowRecord, show)
    await redis.hSet(`${key}:shows`, show.showId, JSON.stringify(merged))
  }

  return {
    // The tracker reports what this promise rejects with.
    write({ tasks, shows }) {
      if (isClosed) return undefined
      // One change after the other: reading and writing are two steps.
      const written = last.then(async () => {
        const results = await Promise.allSettled([...tasks.map(keepTask), ...shows.map(keepShow)])
        for (const result of results) if (result.status === 'rejected') throw result.reason
      })
      last = written.catch(() => {})
      return written
    },
    async flush() {
      await last
    },
    close() {
      isClosed = true
    },
  }
}
