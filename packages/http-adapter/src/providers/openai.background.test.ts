import { describe, expect, it } from 'vitest'
import { openai } from './openai.ts'
import { gate } from '../testing/gate.ts'
import { endOf, openPage } from '../testing/open-page.ts'
import {
  compare,
  headers,
  inBackground,
  listOf,
  model,
  prompt,
  setUp,
  writing,
} from '../testing/openai-uses.ts'
import { until } from '../testing/until.ts'

describe('openai with responses in the background', () => {
  const job = { provider: 'openai', id: 'resp_1', url: 'https://api.openai.com/v1/responses/resp_1' }

  it('follows one by what its client is told, and asks nothing itself', async () => {
    const { server, page, bare } = await compare(inBackground, { script: { responses: writing } })
    expect(await page.end()).toMatchObject({ status: 'succeeded', job, metadata: { outputType: 'text' } })
    expect(page.looks()).toEqual(['processing', 'processing in the queue', 'processing running', 'succeeded'])
    expect([server.count('responses'), server.count('response')]).toEqual([1, bare.count('response')])
  })

  it('polls by itself when no client does', async () => {
    const { server, page } = await compare(
      (client) => client.responses.create({ model, input: prompt, background: true }),
      { interval: 5, script: { responses: writing } },
    )
    expect(await page.end()).toMatchObject({ status: 'succeeded', job })
    expect([server.count('responses'), server.count('response')]).toEqual([1, 2])
  })

  it('goes on asking when its stream breaks off', async () => {
    const { server, page } = await compare(
      async (client) =>
        listOf(await client.responses.create({ model, input: prompt, background: true, stream: true })),
      { interval: 5, script: { responses: writing }, faults: (at) => at.fault('responses', 'torn') },
    )
    expect(await page.end()).toMatchObject({ status: 'succeeded', job })
    expect([server.count('responses'), server.count('response')]).toEqual([1, 2])
  })

  it('is canceled by its client', async () => {
    const { server, page } = await compare(
      async (client) => {
        const { id } = await client.responses.create({ model, input: prompt, background: true })
        return client.responses.cancel(id)
      },
      { script: { responses: [{ status: 'in_progress' }] } },
    )
    expect(await page.end()).toMatchObject({ status: 'canceled' })
    expect([server.count('responses'), server.count('cancel')]).toEqual([1, 1])
  })

  it.each([true, false])('is canceled by the tracker, at OpenAI too (in a stream: %s)', async (stream) => {
    const { server, page, client } = await setUp({
      script: { responses: [{ status: 'queued' }], pace: gate().pass },
    })
    const ended = endOf(
      stream
        ? client.responses.create({ model, input: prompt, background: true, stream }).then(listOf)
        : client.responses.create({ model, input: prompt, background: true }),
    )
    await until(() => expect(page.tasks()[0]).toMatchObject({ job, stage: 'in the queue' }))
    page.tracker.cancel({ showId: 's1' }, 'another prompt')
    expect(await ended).toMatchObject(stream ? { name: 'CanceledError' } : { value: { status: 'queued' } })
    expect(await page.end()).toMatchObject({ status: 'canceled', error: { message: 'another prompt' } })
    await until(() => expect(server.responses.all[0]?.state.status).toBe('cancelled'))
    expect([server.count('responses'), server.count('cancel')]).toEqual([1, 1])
    expect(page.errors).toEqual([])
  })

  it('is not ended by a reader who leaves its stream', async () => {
    const { page, server } = await compare(
      async (client) => {
        const stream = await client.responses.create({
          model,
          input: prompt,
          background: true,
          stream: true,
        })
        for await (const event of stream) if (event.type === 'response.queued') return event
        return undefined
      },
      { interval: 5, script: { responses: writing, pace: gate().pass } },
    )
    expect(await page.end()).toMatchObject({ status: 'succeeded', job })
    expect(server.count('responses')).toBe(1)
  })

  it.each([true, false])(
    'is followed after a reload, and not paid again (in a stream: %s)',
    async (stream) => {
      const { server, page, client } = await setUp({
        script: { responses: writing.slice(0, 2), pace: gate().pass },
      })
      const sent = stream
        ? client.responses.create({ model, input: prompt, background: true, stream }).then(listOf)
        : inBackground(client, server)
      sent.catch(() => {})
      await until(() => expect(page.tasks()[0]).toMatchObject({ job }))
      const saved = page.close()
      expect(saved).not.toContain('sk-test')
      const next = openPage(server.fetch, openai({ interval: 5, headers }), saved)
      await until(() => expect(next.tasks()[0]?.stage).toBe('running'))
      server.responses.set(writing.at(-1)!)
      expect(await next.end()).toMatchObject({
        status: 'succeeded',
        id: page.tasks()[0]?.id,
        metadata: { outputType: 'text' },
      })
      expect([server.count('responses'), server.responses.all.length, next.tasks().length]).toEqual([1, 1, 1])
      expect(next.errors).toEqual([])
    },
  )

  it('cancels at OpenAI what an earlier page has begun', async () => {
    const { server, page, client } = await setUp({ script: { responses: [{ status: 'in_progress' }] } })
    await client.responses.create({ model, input: prompt, background: true })
    await until(() => expect(page.tasks()[0]).toMatchObject({ job }))
    const next = openPage(server.fetch, openai({ interval: 5, headers: () => headers }), page.close())
    next.tracker.cancel({ showId: 's1' })
    await until(() => expect(server.responses.all[0]?.state.status).toBe('cancelled'))
    expect(await next.end()).toMatchObject({ status: 'canceled' })
  })
})
