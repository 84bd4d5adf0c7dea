import { createTestTracker } from '@callsheet/core/test'
import OpenAI from 'openai'
import { expect, it } from 'vitest'

it('an APIPromise of the OpenAI client is left to its caller, unless the function is async', async () => {
  const { tracker, errors } = createTestTracker()
  const show = tracker.show('s')
  let sent = 0
  const client = new OpenAI({
    apiKey: 'none',
    fetch: async () => {
      sent += 1
      return Response.json({ id: 'r1', object: 'response', output: [] })
    },
  })
  const call = show.track('trailer', () => client.responses.create({ model: 'm', input: 'a duel' }))
  expect(tracker.getTask('task-1')?.status).toBe('interrupted')
  expect(errors).toMatchObject([{ code: 'unobservable' }])
  expect(errors[0]?.message).toContain('Make the function async')
  expect(await call).toMatchObject({ id: 'r1' })
  await show.track('trailer', async () => client.responses.create({ model: 'm', input: 'a duel' }))
  expect(tracker.getTask('task-2')?.status).toBe('succeeded')
  expect(sent).toBe(2)
})
