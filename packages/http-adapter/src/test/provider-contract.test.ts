import { describe, expect, it } from 'vitest'
import { failed, followHttpJob, type HttpJobOptions, job, type Provider, type Start } from '../index.ts'
import { secretOf, signStandard } from '../testing/sign-webhooks.ts'
import { standardWebhooks } from '../webhooks/standard-webhooks.ts'
import type { WebhookSource } from '../webhooks/webhook-source.ts'
import { providerContract, type ProviderScene, type ProviderUnderTest } from './provider-contract.ts'

const jobs = 'https://studio.test/jobs'

/** A studio that makes pictures: each job is asked for twice before it ends. */
function createStudio(scene: ProviderScene) {
  const asked = new Map<string, number>()
  const canceled = new Set<string>()
  const outcome = {
    succeeds: { status: 'succeeded', outputUrl: 'https://studio.test/1.png' },
    fails: { status: 'failed', error: 'The prompt was filtered.' },
    runs: { status: 'processing' },
  }[scene]
  const answer = async (url: URL, method: string): Promise<Response> => {
    const [, , id = '', action] = url.pathname.split('/')
    if (method === 'POST' && id === '') {
      const made = `job-${asked.size + 1}`
      asked.set(made, 0)
      return Response.json({ id: made }, { status: 202 })
    }
    const times = asked.get(id)
    if (times === undefined) return Response.json({ error: 'not found' }, { status: 404 })
    if (action === 'cancel') canceled.add(id)
    asked.set(id, times + 1)
    return Response.json({ id, ...(times < 2 ? { status: 'processing' } : outcome) })
  }
  return {
    isCanceled: () => canceled.size > 0,
    fetch: (async (input, init) =>
      answer(new URL(input as string), init?.method ?? 'GET')) as typeof globalThis.fetch,
  }
}

/** What differs from a provider that keeps the contract. */
interface Faults {
  readonly start?: Partial<Start>
  readonly follow?: Partial<HttpJobOptions>
  readonly provider?: Partial<Provider>
  readonly webhooks?: Partial<WebhookSource>
}

const secret = secretOf(1)

const setUp =
  ({ start, follow, provider, webhooks }: Faults = {}) =>
  (scene: ProviderScene): ProviderUnderTest => {
    const { fetch, isCanceled } = createStudio(scene)
    return {
      provider: {
        name: 'studio',
        starts: {
          [`POST ${jobs}`]: {
            read(body) {
              const { id, error } = Object(body) as { readonly id?: unknown; readonly error?: unknown }
              if (typeof id === 'string') return job({ provider: 'studio', id })
              return failed(error ?? 'Cannot understand the answer of the studio.')
            },
            ...start,
          },
        },
        jobs: (tools) =>
          followHttpJob({
            ...tools,
            headers: { 'x-api-key': 'key-of-the-studio' },
            url: ({ id }) => `${jobs}/${encodeURIComponent(id)}`,
            read: (body) => body as { status?: string },
            cancel: ({ id }) => [`${jobs}/${encodeURIComponent(id)}/cancel`, { method: 'POST' }],
            ...follow,
          }),
        ...provider,
      },
      fetch,
      begin: (fetch) => fetch(jobs, { method: 'POST', headers: { 'x-api-key': 'key-of-the-studio' } }),
      isCanceled,
      webhook: {
        source: {
          ...standardWebhooks({
            provider: 'studio',
            secret,
            read: (body) => body as { id: string; state: { status: string } },
          }),
          ...webhooks,
        },
        async deliver({ id }, now) {
          const state = { status: 'succeeded', outputUrl: 'https://studio.test/1.png' }
          const time = String(Math.floor(now / 1_000))
          const { body, headers } = await signStandard(JSON.stringify({ id, state }), { secret, time })
          return new Request('https://app.test/hook', { method: 'POST', body, headers })
        },
      },
    }
  }

describe('providerContract', () => {
  const good = providerContract(setUp(), { webhooks: true, timeout: 20_000 })
  it.each(good.map(({ name, run }) => [name, run] as const))(
    'holds for a plain provider: %s',
    async (_name, run) => run(),
  )

  const broken: readonly { fault: string; check: string; says: RegExp; faults: Faults }[] = [
    {
      fault: 'names another provider in its jobs',
      check: 'follows a job from its call to its output, and pays once',
      says: /Expected a job of the provider "studio" with an id, got \{"provider":"other"/,
      faults: { start: { read: () => job({ provider: 'other', id: 'job-1' }) } },
    },
    {
      fault: 'leaves the output out',
      check: 'follows a job from its call to its output, and pays once',
      says: /Expected a succeeded task with its output/,
      faults: {
        follow: { needsOutput: false, read: (body) => ({ status: (body as { status: string }).status }) },
      },
    },
    {
      fault: 'cannot follow its jobs',
      check: 'follows the job after a reload, and pays nothing again',
      says: /resume did not follow the job/,
      faults: { provider: { jobs: undefined as never } },
    },
    {
      fault: 'makes the call again to follow a job',
      check: 'follows the job after a reload, and pays nothing again',
      says: /made again after a reload/,
      faults: {
        follow: {
          url: () => [jobs, { method: 'POST' }],
          read: () => ({ status: 'succeeded', outputUrl: 'https://studio.test/1.png' }),
        },
      },
    },
    {
      fault: 'takes an answer without a status for a failure',
      check: 'keeps the task active when an answer to a poll cannot be read',
      says: /Expected the next poll after (?:null|\{\})|Expected an active task after (?:null|\{\}), got failed/,
      faults: { follow: { read: (body) => ({ status: 'failed', ...(body as object) }) } },
    },
    {
      fault: 'gives up at the first poll that fails',
      check: 'follows a job to its end after polls that failed',
      says: /Expected the next poll after one that failed|Expected a succeeded task after polls that failed/,
      faults: { follow: { maxConsecutiveErrors: 1 } },
    },
    {
      fault: 'records who has called',
      check: 'keeps secrets out of records',
      says: /A header with a secret is in a record/,
      faults: { start: { metadata: ({ headers }) => ({ caller: headers.get('x-api-key') }) } },
    },
    {
      fault: 'takes a failure for a cancel',
      check: 'records the failure of a job, with its reason',
      says: /Expected a failed task with a message, got canceled/,
      faults: {
        follow: {
          read: (body) => {
            const { status, ...more } = body as { status: string }
            return { status: status === 'failed' ? 'canceled' : status, ...more }
          },
        },
      },
    },
    {
      fault: 'does not know the call that begins a job',
      check: 'fails the task when the call is refused',
      says: /Expected the task to end. Got "no task"/,
      faults: { provider: { starts: { 'POST https://studio.test/pictures': {} } } },
    },
    {
      fault: 'takes an error for a success',
      check: 'fails the task when the answer to the call is an error with status 200',
      says: /Expected a failed task with the server's message, got succeeded/,
      faults: { start: { read: () => ({ status: 'succeeded', outputUrl: 'https://studio.test/1.png' }) } },
    },
    {
      fault: 'takes whatever it gets for a success',
      check: 'takes no answer that it cannot read for a success',
      says: /Expected no success after (null|\{\}|\[\])/,
      faults: { start: { read: () => ({ status: 'succeeded', outputUrl: 'https://studio.test/1.png' }) } },
    },
    {
      fault: 'takes a lost job for a failed one',
      check: 'is interrupted when the provider does not know the job',
      says: /Expected an interrupted task after 404, got failed/,
      faults: {
        provider: {
          jobs: (tools) =>
            followHttpJob({
              ...tools,
              url: ({ id }) => `${jobs}/${encodeURIComponent(id)}`,
              read: (body) => body as { status?: string },
              fetch: async (...args) => {
                const response = await tools.fetch(...args)
                return response.status === 404 ? Response.json({ status: 'failed' }) : response
              },
            }),
        },
      },
    },
    {
      fault: 'asks at the address in the record',
      check: 'sends nothing to the address of a record from elsewhere',
      says: /A job of a record led a request, with its headers, to https:\/\/elsewhere\.example\/admin/,
      faults: { follow: { url: ({ url }) => url! } },
    },
    {
      fault: 'puts the id of a record into a path as it is',
      check: 'sends nothing to the address of a record from elsewhere',
      says: /A job of a record led a request, with its headers, to https:\/\/studio\.test\/admin/,
      faults: { follow: { url: ({ id }) => `${jobs}/${id}` } },
    },
    {
      fault: 'does not cancel',
      check: 'cancels the job at the provider',
      says: /Expected a request that cancels the job/,
      faults: { follow: { cancel: undefined as never } },
    },
    {
      fault: 'accepts any webhook',
      check: 'merges a webhook once, and refuses one that was changed',
      says: /Expected a refused webhook with a changed body, got HTTP 200/,
      faults: { webhooks: { verify: async () => 'delivery' } },
    },
    {
      fault: 'forgets its deliveries',
      check: 'merges a webhook once, and refuses one that was changed',
      says: /Expected "duplicate" for the second delivery, got "ignored"/,
      faults: { webhooks: { seen: { has: () => false, add: () => {} } } },
    },
  ]

  // Some of them wait for their time to be over.
  it.concurrent.each(broken)('finds a provider that $fault', async ({ check, says, faults }) => {
    const cases = providerContract(setUp(faults), { webhooks: true, timeout: 3_000 })
    await expect(cases.find(({ name }) => name === check)!.run()).rejects.toThrow(says)
  })

  it('has no check that none of these providers fails', () => {
    const names = good.map(({ name }) => name)
    expect([...new Set(broken.map(({ check }) => check))].toSorted()).toEqual(names.toSorted())
  })
})
