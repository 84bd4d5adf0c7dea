import Replicate, { type Prediction } from 'replicate'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type PredictionState, startReplicateServer, throttled } from './replicate-server.ts'
import { until } from '../until.ts'

const picture = 'https://replicate.delivery/out/1.png'
const painting: readonly PredictionState[] = [
  { status: 'starting' },
  { status: 'processing', logs: '10%|#         | 1/10 [00:01<00:09,  1.00it/s]\n' },
  { status: 'processing', logs: '80%|########  | 8/10 [00:08<00:02,  1.00it/s]\n' },
  { status: 'succeeded', output: [picture], metrics: { predict_time: 8 } },
]

async function setUp(script = painting, options?: { readonly holds?: boolean }) {
  const server = await startReplicateServer(script, options)
  onTestFinished(server.close)
  const client = new Replicate({ auth: 'r8_test', useFileOutput: false, fetch: server.fetch })
  return { server, client }
}

const input = { prompt: 'a portrait of Ada' }
const wait = { mode: 'poll', interval: 1 } as const

describe('a Replicate server and the client of Replicate', () => {
  it('runs a model by polling', async () => {
    const { server, client } = await setUp()
    const seen: string[] = []
    const output = await client.run('acme/painter', { input, wait }, (it: Prediction) => seen.push(it.status))
    expect(output).toEqual([picture])
    expect(seen).toEqual(['starting', 'processing', 'processing', 'succeeded'])
    expect([server.count('create'), server.count('get')]).toEqual([1, 3])
    expect(server.all[0]?.input).toEqual(input)
  })

  it.each(['acme/painter:v1', 'acme/painter'] as const)('creates a prediction of %s', async (model) => {
    const { server, client } = await setUp()
    await client.run(model, { input, wait })
    expect(server.count('create')).toBe(1)
  })

  it('creates, gets and waits', async () => {
    const { client } = await setUp()
    const created = await client.deployments.predictions.create('acme', 'painter', { input })
    expect(created).toMatchObject({
      status: 'starting',
      urls: { get: `https://api.replicate.com/v1/predictions/${created.id}` },
    })
    expect(await client.wait(created, { interval: 1 })).toMatchObject({
      status: 'succeeded',
      output: [picture],
    })
  })

  it('answers a create that waits when the prediction is over', async () => {
    const { server, client } = await setUp(painting, { holds: true })
    const output = client.run('acme/painter', { input })
    await until(() => expect(server.all).toHaveLength(1))
    server.set({ status: 'succeeded', output: picture })
    expect(await output).toBe(picture)
    expect(server.count('get')).toBe(0)
  })

  it('streams what comes out', async () => {
    const { server, client } = await setUp()
    const pieces: string[] = []
    const streamed = (async () => {
      for await (const { event, data } of client.stream('acme/painter', { input }))
        pieces.push(`${event} ${data}`)
    })()
    await until(() => expect(server.count('stream')).toBe(1))
    server.set({ status: 'succeeded', output: ['Once', 'upon'] })
    await streamed
    expect(pieces).toEqual(['output Once', 'output upon', 'done {}'])
  })

  it('says why a prediction failed', async () => {
    const { client } = await setUp([
      { status: 'starting' },
      { status: 'failed', error: 'NSFW content detected' },
    ])
    await expect(client.run('acme/painter', { input, wait })).rejects.toThrow('NSFW content detected')
  })

  it('cancels a prediction when its caller aborts', async () => {
    const { server, client } = await setUp([{ status: 'starting' }])
    const controller = new AbortController()
    const output = client.run('acme/painter', { input, wait, signal: controller.signal })
    await until(() => expect(server.count('get')).toBeGreaterThan(1))
    controller.abort()
    await output
    expect(server.count('cancel')).toBe(1)
    expect(server.all[0]?.state.status).toBe('canceled')
  })

  it('refuses a call without the token', async () => {
    const { server } = await setUp()
    const client = new Replicate({ auth: 'r8_other', fetch: server.fetch })
    await expect(client.predictions.create({ model: 'acme/painter', input })).rejects.toThrow('401')
    expect(server.all).toHaveLength(0)
  })

  it('is asked again when it was too busy', async () => {
    const { server, client } = await setUp()
    server.fault('create', throttled(1), throttled(1))
    server.fault('get', throttled(1), { status: 503, body: { detail: 'upstream' } })
    expect(await client.run('acme/painter', { input, wait })).toEqual([picture])
    expect([server.count('create'), server.all.length]).toEqual([3, 1])
  })

  it('is given up after six tries', async () => {
    const { server, client } = await setUp()
    server.fault('create', ...Array.from({ length: 9 }, () => throttled(1)))
    await expect(client.run('acme/painter', { input, wait })).rejects.toThrow('429')
    expect([server.count('create'), server.all.length]).toEqual([6, 0])
  })

  // The client sends every call again that ended in an error of the network: it does not know what was paid.
  it.each([
    ['refused', 1],
    ['lost', 2],
  ] as const)('makes a %s create once more, which pays for %i', async (fault, paid) => {
    const { server, client } = await setUp()
    server.fault('create', fault)
    expect(await client.run('acme/painter', { input, wait })).toEqual([picture])
    expect([server.count('create'), server.all.length]).toEqual([2, paid])
  })

  it.each(['create', 'get'])('rejects when the answer of %s breaks off in the middle', async (endpoint) => {
    const { server, client } = await setUp()
    server.fault(endpoint, 'torn')
    await expect(client.run('acme/painter', { input, wait })).rejects.toThrow('terminated')
    expect([server.count('create'), server.all.length]).toEqual([1, 1])
  })

  it('asks no other server', async () => {
    const { server } = await setUp()
    await expect(server.fetch('https://example.com')).rejects.toThrow('does not host')
  })
})
