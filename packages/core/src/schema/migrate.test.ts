import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Migration, migrate } from './migrate.ts'
import { parseSnapshot } from './schema.ts'
import { showPipeline } from '../records/show-pipeline.ts'
import { createTracker } from '../tracker/tracker.ts'

describe('migrate', () => {
  const migrations: Record<number, Migration> = {
    1: ({ jobs, ...rest }) => ({ ...rest, tasks: jobs }),
    2: ({ tasks, ...rest }) => ({
      ...rest,
      tasks: (tasks as { name: string }[]).map(({ name, ...task }) => ({ ...task, id: name })),
    }),
  }

  it('goes from version to version, and leaves what it is given alone', () => {
    const given = Object.freeze({ v: 1, jobs: [{ name: 'a' }] })
    expect(migrate(given, 1, migrations, 3)).toEqual({ v: 1, tasks: [{ id: 'a' }] })
    expect(migrate({ v: 2, tasks: [{ name: 'a' }] }, 2, migrations, 3)).toEqual({
      v: 2,
      tasks: [{ id: 'a' }],
    })
    expect(migrate(given, 3, migrations, 3)).toBe(given)
  })

  it('names the version without a migration', () => {
    expect(() => migrate({}, 1, { 2: migrations[2]! }, 3)).toThrow('no migration from version 1')
  })
})

/** Snapshots as released versions wrote them. They are never edited: what was saved once must be readable for ever. */
describe('a snapshot of version', () => {
  it.each([1])('%i is read whole', (version) => {
    const text = readFileSync(new URL(`./fixtures/snapshot-v${version}.json`, import.meta.url), 'utf8')
    const snapshot = parseSnapshot(text, { pipeline: showPipeline })
    expect(snapshot.rejected).toEqual([])
    const tracker = createTracker({ pipeline: showPipeline, clock: () => snapshot.savedAt + 1 })
    expect(tracker.restore(snapshot)).toMatchObject({ rejected: [], ignored: 0 })
    const view = tracker.getPipeline('neon-noir')
    expect(view).toMatchObject({ title: 'Neon Noir', status: 'active', active: 1, failed: 1 })
    expect(view.steps.map(({ completed, total }) => `${completed}/${total}`)).toEqual([
      '1/1',
      '1/1',
      '3/3',
      '1/3',
      '0/0',
      '0/1',
      '0/1',
      '0/1',
    ])
    expect(view.step('portrait').errors).toMatchObject([{ message: 'NSFW content', code: 'E005' }])
    expect(tracker.getPipeline('draft').showId).toBe('neon-noir')
    expect(tracker.getTask('video-removed')).toBeUndefined()
    expect(JSON.parse(JSON.stringify(tracker.serialize().tasks))).toEqual(
      (JSON.parse(text) as { tasks: unknown }).tasks,
    )
  })
})
