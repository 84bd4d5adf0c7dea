import { describe, expect, it, onTestFinished } from 'vitest'
import { startJobServer } from './job-server.ts'

describe('a server of jobs', () => {
  it('makes a job, tells of it and ends it', async () => {
    const server = await startJobServer([
      { status: 'starting' },
      { status: 'rendering', progress: 40 },
      { status: 'done' },
    ])
    onTestFinished(server.close)
    const ask = async (path: string, method = 'GET') => {
      const response = await server.fetch(`https://shows.example/api/jobs${path}`, { method })
      return [response.status, await response.json()]
    }
    expect(await ask('', 'POST')).toEqual([202, { jobId: 'job-1', status: 'starting' }])
    expect(await ask('/job-1')).toEqual([200, { jobId: 'job-1', status: 'rendering', progress: 40 }])
    server.fault('status', { status: 429, headers: { 'retry-after': '1' }, body: { error: 'slow down' } })
    expect(await ask('/job-1')).toEqual([429, { error: 'slow down' }])
    expect(await ask('/job-1')).toEqual([200, { jobId: 'job-1', status: 'done' }])
    expect(await ask('/job-1', 'DELETE')).toEqual([200, { jobId: 'job-1', status: 'canceled' }])
    expect(await ask('/job-2')).toEqual([404, { error: 'No such job', detail: 'job-2' }])
    expect(server.count('create')).toBe(1)
  })
})
