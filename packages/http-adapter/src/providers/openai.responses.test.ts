import { describe, expect, it } from 'vitest'
import { gate } from '../testing/gate.ts'
import { hurry } from '../testing/hurry.ts'
import { endOf } from '../testing/open-page.ts'
import { problem, rateLimited } from '../testing/servers/openai-problems.ts'
import {
  compare,
  inBackground,
  listOf,
  model,
  prompt,
  setUp,
  type Use,
  writing,
} from '../testing/openai-uses.ts'
import { until } from '../testing/until.ts'

const responded: Use = (client) => client.responses.create({ model, input: prompt })

const streamed: Use = async (client) =>
  listOf(await client.responses.create({ model, input: prompt, stream: true }))

describe('openai with responses', () => {
  it('ends with the answer, of which only the kind is kept', async () => {
    const { server, page } = await compare(responded, { script: { responses: writing } })
    expect(await page.end()).toMatchObject({ status: 'succeeded', metadata: { model, outputType: 'text' } })
    expect(JSON.stringify(page.versions)).not.toContain('Once upon')
    expect(server.count('responses')).toBe(1)
    expect(page.errors).toEqual([])
  })

  it('shows in a stream what the model is about', async () => {
    const { server, page } = await compare(streamed, { script: { responses: writing } })
    expect(await page.end()).toMatchObject({ status: 'succeeded', metadata: { model, outputType: 'text' } })
    expect(page.looks()).toEqual(['processing', 'processing running', 'processing writing', 'succeeded'])
    expect(JSON.stringify(page.versions)).not.toContain('Once')
    expect(server.count('responses')).toBe(1)
    expect(page.errors).toEqual([])
  })

  it('holds up no event of a stream', async () => {
    const { pass, step, open } = gate()
    const { server, page, client } = await setUp({ script: { responses: writing, pace: pass } })
    const stream = await client.responses.create({ model, input: prompt, stream: true })
    const seen: string[] = []
    const reading = (async () => {
      for await (const { type } of stream) seen.push(type)
    })()
    for (const type of ['in_progress', 'output_item.added', 'content_part.added', 'output_text.delta']) {
      await until(() => expect(seen.at(-1)).toBe(`response.${type}`))
      step()
    }
    await until(() => expect(page.tasks()[0]).toMatchObject({ status: 'processing', stage: 'writing' }))
    open()
    await reading
    expect(await page.end()).toMatchObject({ status: 'succeeded' })
    expect(server.count('responses')).toBe(1)
  })

  it.each([
    [
      { status: 'failed', error: { code: 'server_error', message: 'The model broke.' } },
      { status: 'failed', error: { code: 'server_error', message: 'The model broke.' } },
    ],
    [
      { status: 'incomplete', text: 'Once', reason: 'max_output_tokens' },
      { status: 'succeeded', metadata: { outputType: 'text', incomplete: 'max_output_tokens' } },
    ],
    [
      { status: 'incomplete', text: 'Once', reason: 'content_filter' },
      { status: 'failed', error: { message: 'The answer was cut off: content_filter.' } },
    ],
  ] as const)('knows one that ends as %j', async (state, expected) => {
    for (const use of [responded, streamed, inBackground]) {
      const { page } = await compare(use, { script: { responses: [{ status: 'queued' }, state] } })
      expect(await page.end()).toMatchObject(expected)
    }
  })

  it.each([responded, streamed])('fails with an answer that breaks off', async (use) => {
    const { server, page } = await compare(use, { faults: (at) => at.fault('responses', 'torn') })
    expect(await page.end()).toMatchObject({ status: 'failed', error: { message: 'terminated' } })
    expect(server.count('responses')).toBe(1)
  })

  it('fails with a stream that a proxy ends', async () => {
    const body =
      'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"Once"}\n\n'
    const { page } = await compare(streamed, {
      faults: (at) =>
        at.fault('responses', { status: 200, headers: { 'content-type': 'text/event-stream' }, body }),
    })
    expect(await page.end()).toMatchObject({
      status: 'failed',
      error: { message: 'The stream ended before the answer did.' },
    })
  })

  it('reads a stream whose events a proxy has left without names', async () => {
    const events = [
      { type: 'response.output_text.delta', delta: 'Once' },
      { type: 'response.completed', response: { id: 'resp_1', status: 'completed', model, output: [{}] } },
    ]
    const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
    const { page } = await compare(streamed, {
      faults: (at) =>
        at.fault('responses', { status: 200, headers: { 'content-type': 'text/event-stream' }, body }),
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', metadata: { outputType: 'json' } })
    expect(page.looks()).toContain('processing writing')
  })

  it('has succeeded when the reader leaves a stream after its end', async () => {
    const { page } = await compare(async (client) => {
      const stream = await client.responses.create({ model, input: prompt, stream: true })
      for await (const event of stream) if (event.type === 'response.completed') return event
      return undefined
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded' })
  })

  it('is canceled when the reader leaves a stream in the middle', async () => {
    const { page } = await compare(
      async (client) => {
        const stream = await client.responses.create({ model, input: prompt, stream: true })
        for await (const event of stream) return event
        return undefined
      },
      { script: { responses: writing, pace: gate().pass } },
    )
    expect(await page.end()).toMatchObject({ status: 'canceled' })
  })

  it('is canceled by the tracker in the middle of a stream, whose reader is told', async () => {
    const { server, page, client } = await setUp({ script: { responses: writing, pace: gate().pass } })
    const ended = endOf(streamed(client, server))
    await until(() => expect(page.tasks()[0]?.stage).toBe('running'))
    page.tracker.cancel({ showId: 's1' }, 'another prompt')
    expect(await ended).toMatchObject({ name: 'CanceledError', message: 'another prompt' })
    expect(await page.end()).toMatchObject({ status: 'canceled' })
    expect(server.count('responses')).toBe(1)
  })

  it('lets the client come back when OpenAI is too busy', async () => {
    hurry()
    for (const use of [responded, streamed]) {
      const { server, page } = await compare(use, {
        faults: (at) => at.fault('responses', rateLimited(1), problem(500, 'The server had an error.')),
      })
      expect(await page.end()).toMatchObject({ status: 'succeeded' })
      expect(server.count('responses')).toBe(3)
    }
  })
})
