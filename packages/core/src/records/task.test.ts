import { describe, expect, it } from 'vitest'
import {
  compareTasks,
  compareText,
  compareVersions,
  isActive,
  isFinished,
  isRemoved,
  type TaskRecord,
  type TaskStatus,
  type TaskVersion,
  type Tombstone,
} from './task.ts'
import { taskOf, tombstoneOf } from '../testing.ts'

const task = (fields: Partial<TaskRecord> = {}) => taskOf({ by: 'a', ...fields })

const tombstone = (fields: Partial<Tombstone> = {}) =>
  tombstoneOf({ updatedAt: 1, rev: 1, by: 'a', ...fields })

const statuses = ['starting', 'processing', 'succeeded', 'failed', 'canceled', 'interrupted'] as const

describe('the status of a task', () => {
  const those = (is: (task: { readonly status: TaskStatus }) => boolean) =>
    statuses.filter((status) => is({ status }))

  it('is active while it is starting or processing', () => {
    expect(those(isActive)).toEqual(['starting', 'processing'])
  })

  it('is finished when it succeeded, failed or was canceled', () => {
    expect(those(isFinished)).toEqual(['succeeded', 'failed', 'canceled'])
  })
})

describe('of two versions of a task, the newer', () => {
  it.each<[string, TaskVersion, TaskVersion]>([
    ['is removed', tombstone(), task({ status: 'succeeded', attempt: 9, rev: 9, by: 'b' })],
    [
      'succeeded, though it was canceled',
      task({ status: 'succeeded' }),
      task({ status: 'canceled', rev: 9 }),
    ],
    [
      'succeeded, though another attempt failed',
      task({ status: 'succeeded' }),
      task({ status: 'failed', attempt: 9 }),
    ],
    ['was canceled, though another attempt runs', task({ status: 'canceled' }), task({ attempt: 9, rev: 9 })],
    [
      'was canceled, though another attempt failed',
      task({ status: 'canceled' }),
      task({ status: 'failed', attempt: 9 }),
    ],
    ['runs again after a failure', task({ attempt: 2 }), task({ status: 'failed', rev: 9, by: 'b' })],
    [
      'failed, over a higher writer that still runs it',
      task({ status: 'failed' }),
      task({ rev: 9, by: 'b' }),
    ],
    [
      'failed, over a later version that lost sight of it',
      task({ status: 'failed' }),
      task({ status: 'interrupted', rev: 9 }),
    ],
    [
      'gives a sign of life after an interruption',
      task({ rev: 2 }),
      task({ status: 'interrupted', by: 'b' }),
    ],
    ['is interrupted after a sign of life', task({ status: 'interrupted', rev: 2 }), task({ by: 'b' })],
    ['has the higher rev', task({ rev: 2 }), task({ by: 'b', updatedAt: 9 })],
    [
      'has the higher rev, of two that succeeded',
      task({ status: 'succeeded', rev: 2 }),
      task({ status: 'succeeded', by: 'b' }),
    ],
    [
      'has the higher attempt, of two that succeeded',
      task({ status: 'succeeded', attempt: 2 }),
      task({ status: 'succeeded', rev: 9 }),
    ],
    ['has the greater writer', task({ by: 'b' }), task({ updatedAt: 9 })],
    ['has the greater JSON', task({ updatedAt: 2 }), task({ updatedAt: 1 })],
    ['has the higher rev, of two tombstones', tombstone({ rev: 2 }), tombstone({ by: 'b' })],
    ['has the greater writer, of two tombstones', tombstone({ by: 'b' }), tombstone()],
  ])('%s', (_why, newer, older) => {
    expect(compareVersions(newer, older)).toBeGreaterThan(0)
    expect(compareVersions(older, newer)).toBeLessThan(0)
  })

  it('is 0 for equal versions, whatever the order of their fields', () => {
    const { id, ...rest } = task()
    expect(compareVersions(task(), { ...rest, id })).toBe(0)
  })

  it('is the tombstone alone that is removed', () => {
    expect([isRemoved(tombstone()), isRemoved(task({ status: 'canceled' }))]).toEqual([true, false])
  })
})

describe('of two tasks of a slot, the current one', () => {
  it('began later, or has the greater id where both began at once', () => {
    const first = task({ id: 'b', startedAt: 1 })
    const second = task({ id: 'a', startedAt: 2 })
    const third = task({ id: 'c', startedAt: 2 })
    expect([third, first, second].toSorted(compareTasks)).toEqual([first, second, third])
    expect(compareTasks(first, first)).toBe(0)
  })

  it('is told by UTF-16 units, as everywhere', () => {
    expect(['b', 'a', 'Z', 'ä', 'a'].toSorted(compareText)).toEqual(['Z', 'a', 'a', 'b', 'ä'])
  })
})
