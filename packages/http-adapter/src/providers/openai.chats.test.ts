import { describe, expect, it } from 'vitest'
import { gate } from '../testing/gate.ts'
import { hurry } from '../testing/hurry.ts'
import { endOf } from '../testing/open-page.ts'
import { rateLimited } from '../testing/servers/openai-problems.ts'
import { compare, listOf, model, prompt, setUp, text, type Use } from '../testing/openai-uses.ts'
import { until } from '../testing/until.ts'

const chatted: Use = (client) =>
  client.chat.completions.create({ model, messages: [{ role: 'user', content: prompt }] })

describe('openai with chats', () => {
  const stream: Use = async (client) =>
    listOf(
      await client.chat.completions.create({
        model,
        messages: [{ role: 'user', content: prompt }],
        stream: true,
        stream_options: { include_usage: true },
      }),
    )

  it.each([
    [{ text }, { status: 'succeeded', metadata: { model, outputType: 'text' } }],
    [
      { text, finish: 'length' },
      { status: 'succeeded', metadata: { incomplete: 'length' } },
    ],
    [
      { text, finish: 'content_filter' },
      { status: 'failed', error: { code: 'content_filter' } },
    ],
    [
      { text: '', refusal: 'I cannot do that.' },
      { status: 'failed', error: { code: 'refusal', message: 'The model refuses: I cannot do that.' } },
    ],
    [{ text: '' }, { status: 'failed', error: { message: 'The answer is empty.' } }],
  ] as const)('ends with the answer: %j', async (chat, expected) => {
    for (const use of [chatted, stream]) {
      const { server, page } = await compare(use, { script: { chat } })
      expect(await page.end()).toMatchObject(expected)
      expect(server.count('chat')).toBe(1)
      expect(page.errors).toEqual([])
    }
  })

  it('shows that the model writes', async () => {
    const { page } = await compare(stream, { script: { chat: { text } } })
    await page.end()
    expect(page.looks()).toEqual(['processing', 'processing running', 'processing writing', 'succeeded'])
    expect(JSON.stringify(page.versions)).not.toContain('Once')
  })

  it.each([chatted, stream])('fails with an answer that breaks off', async (use) => {
    const { server, page } = await compare(use, { faults: (at) => at.fault('chat', 'torn') })
    expect(await page.end()).toMatchObject({ status: 'failed', error: { message: 'terminated' } })
    expect(server.count('chat')).toBe(1)
  })

  it('lets the client come back when OpenAI is too busy', async () => {
    hurry()
    const { server, page } = await compare(stream, { faults: (at) => at.fault('chat', rateLimited(1)) })
    expect(await page.end()).toMatchObject({ status: 'succeeded' })
    expect(server.count('chat')).toBe(2)
  })

  it('is canceled by the tracker, and not sent again by its client', async () => {
    hurry()
    const { server, page, client } = await setUp({ script: { work: gate().pass } })
    const ended = endOf(chatted(client, server))
    await until(() => expect(server.count('chat')).toBe(1))
    page.tracker.cancel({ showId: 's1' })
    expect(await ended).toMatchObject({ message: expect.stringContaining('Connection error') as string })
    expect(await page.end()).toMatchObject({ status: 'canceled' })
    expect(server.count('chat')).toBe(1)
  })
})
