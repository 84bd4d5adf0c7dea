import { describe, expect, it } from 'vitest'
import { patchFor } from './webhook-target.ts'

describe('patchFor', () => {
  it('changes nothing for a delivery that does not know the job', () => {
    const task = { id: 't', status: 'processing' } as const
    expect(patchFor(task, { status: 'UNKNOWN' }, true)).toBeUndefined()
    expect(patchFor(task, { status: 'Task not found' }, true)).toBeUndefined()
    expect(patchFor(task, { status: 'baked' }, true)).toEqual({ status: 'processing', stage: 'baked' })
  })
})
