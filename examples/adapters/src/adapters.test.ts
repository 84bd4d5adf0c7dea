import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import type { ShowRecord, TaskVersion } from '@callsheet/core'
import { type ContractCase, sinkContract, sourceContract } from '@callsheet/core/test'
import { providerContract, type ProviderScene, queueStorageContract } from '@callsheet/http-adapter/test'
import { describe, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { fileQueue } from './file-queue.ts'
import { redisSink } from './redis-sink.ts'
import { studio } from './studio-provider.ts'
import { openWebSocket } from './web-socket-source.ts'

// A busy machine takes its time.
const timeout = 20_000

const holds = (cases: readonly ContractCase[]) => {
  for (const { name, run } of cases) it(name, run)
}

describe('redisSink', () => {
  const setUp = () => {
    const hashes = new Map<string, string>()
    let isFailing = false
    const command = async <T>(action: () => T): Promise<T> => {
      await Promise.resolve()
      if (isFailing) throw new Error('ECONNREFUSED')
      return action()
    }
    const redis = {
      hGet: (key: string, field: string) => command(() => hashes.get(`${key} ${field}`) ?? null),
      hSet: (key: string, field: string, value: string) =>
        command(() => hashes.set(`${key} ${field}`, value)),
    }
    return {
      sink: redisSink(redis),
      received: () => [...hashes.values()].map((text) => JSON.parse(text) as TaskVersion | ShowRecord),
      fail: (next: boolean) => void (isFailing = next),
    }
  }
  holds(sinkContract(setUp, { timeout }))
})

describe('openWebSocket', () => {
  const cases = sourceContract(
    async ({ tracker, snapshot }) => {
      const listen = async (port: number) => {
        const server = new WebSocketServer({ host: '127.0.0.1', port })
        server.on('connection', (socket) => socket.send(snapshot()))
        await once(server, 'listening')
        return server
      }
      let server = await listen(0)
      const { port } = server.address() as AddressInfo
      const stop = async () => {
        const closed = once(server, 'close')
        server.close()
        for (const socket of server.clients) socket.terminate()
        await closed
      }
      return {
        open: () =>
          openWebSocket({
            tracker,
            url: `ws://127.0.0.1:${port}`,
            first: 20,
            WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
          }),
        send: (text) => {
          for (const socket of server.clients) socket.send(text)
        },
        connections: () => server.clients.size,
        interrupt: async (isDown) => {
          if (isDown) await stop()
          else server = await listen(port)
        },
        close: stop,
      }
    },
    { timeout },
  )
  holds(cases)
})

describe('fileQueue', () => {
  const setUp = async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'queue-'))
    const file = path.join(folder, 'queue.json')
    return {
      create: () => fileQueue(file),
      // A folder in its place cannot be read or replaced.
      fail: async () => {
        await rm(file, { force: true })
        await mkdir(file)
      },
      close: () => rm(folder, { recursive: true, force: true }),
    }
  }
  holds(queueStorageContract(setUp, { timeout }))
})

describe('studio', () => {
  const setUp = (scene: ProviderScene) => {
    let asked = 0
    let isCanceled = false
    const end = {
      succeeds: { status: 'ready', film: 'https://studio.example/films/1.mp4' },
      fails: { status: 'failed', reason: 'The script was filtered.' },
      runs: { status: 'rendering', percent: 40 },
    }[scene]
    const fetch = async (_input: unknown, init?: RequestInit): Promise<Response> => {
      if (new Headers(init?.headers).get('x-api-key') !== 'key-of-the-studio')
        return new Response(null, { status: 401 })
      if (init?.method === 'POST') return Response.json({ id: 'render-1' })
      if (init?.method === 'DELETE') isCanceled = true
      asked += 1
      return Response.json(asked < 2 ? { status: 'rendering', percent: 10 } : end)
    }
    return {
      provider: studio({ headers: { 'x-api-key': 'key-of-the-studio' } }),
      fetch,
      begin: (send: typeof globalThis.fetch) =>
        send('https://studio.example/renders', {
          method: 'POST',
          headers: { 'x-api-key': 'key-of-the-studio' },
          body: '{"script":"Ada walks"}',
        }),
      isCanceled: () => isCanceled,
    }
  }
  holds(providerContract(setUp, { timeout }))
})
