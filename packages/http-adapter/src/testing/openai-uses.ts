// What the tests of openai share: a client, and what is made of it.
import OpenAI from 'openai'
import { expect } from 'vitest'
import { openai, type OpenAiOptions } from '../providers/openai.ts'
import type { ResponseState } from './servers/openai-bodies.ts'
import { type OpenAiScript, type OpenAiServer, startOpenAiServer } from './servers/openai-server.ts'
import { providerTests } from './provider-tests.ts'
import { until } from './until.ts'

export type Use = (client: OpenAI, server: OpenAiServer) => Promise<unknown>

export const prompt = 'a portrait of Ada'
export const text = 'Once upon a time there was a Königin'
export const headers = { authorization: 'Bearer sk-test' }

const paid = ['images', 'edits', 'responses', 'chat', 'videos'] as const

export const writing: readonly ResponseState[] = [
  { status: 'queued' },
  { status: 'in_progress' },
  { status: 'completed', text },
]

export const model = 'gpt-5'

export const inBackground: Use = async (client) => {
  let response = await client.responses.create({ model, input: prompt, background: true })
  while (response.status === 'queued' || response.status === 'in_progress') {
    await new Promise((resolve) => setTimeout(resolve, 5))
    response = await client.responses.retrieve(response.id)
  }
  return response
}

export async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

export const clientOf = (fetch: typeof globalThis.fetch) => new OpenAI({ apiKey: 'sk-test', fetch })

interface Given extends OpenAiOptions {
  readonly script?: OpenAiScript
}

export const { setUp, compare } = providerTests({
  start: ({ script = {} }: Given) => startOpenAiServer(script),
  provider: (given) => openai({ interval: 60_000, ...given }),
  clientOf,
  paid: (server) => Object.fromEntries(paid.map((endpoint) => [endpoint, server.count(endpoint)])),
})

/** The server has been asked for it. */
export const asked = (server: OpenAiServer, endpoint: Parameters<OpenAiServer['count']>[0]) =>
  until(() => expect(server.count(endpoint)).toBe(1))
