import { isFinished, type Job, type TaskRecord } from '@callsheet/core'
import { parseSnapshot } from '@callsheet/core/schema'
import {
  assertThat,
  type ContractCase,
  createContract,
  createTestTracker,
  expectNoSecrets,
  type Patience,
  settled,
  waitUntil,
} from '@callsheet/core/test'
import { createTrackedFetch } from '../fetch/tracked-fetch.ts'
import type { Provider } from '../jobs/provider.ts'
import type { Fetch } from '../route/request.ts'
import { handleWebhook } from '../webhooks/handle-webhook.ts'
import type { WebhookSource } from '../webhooks/webhook-source.ts'

/** How the next job goes: it succeeds with an output after a while, it fails with a reason, or it never ends. */
export type ProviderScene = 'succeeds' | 'fails' | 'runs'

/** A provider, and a server of it that its contract uses. */
export interface ProviderUnderTest {
  /** With the headers that it needs after a reload, when the call that began a job is gone. */
  readonly provider: Provider
  /** Sends requests to the provider's server, or to a fake of it. */
  readonly fetch: Fetch
  /** Makes one call that begins a job, as the provider's client does, without polls. */
  readonly begin: (fetch: Fetch) => Promise<unknown>
  /** Whether the server has canceled the job. Not needed with `cancels: false`. */
  readonly isCanceled?: () => boolean
  /** Its webhooks. Needed with `webhooks: true`. */
  readonly webhook?: {
    readonly source: WebhookSource
    /** Signs a delivery which says that the job has succeeded. */
    readonly deliver: (job: Job, now: number) => Request | Promise<Request>
  }
  /** Called after each check. */
  readonly close?: () => unknown
}

/** What a provider promises. */
export interface ProviderContractOptions extends Pick<Patience, 'timeout'> {
  /** Whether a job can be canceled at the provider. @default true */
  readonly cancels?: boolean
  /** Whether its webhooks are checked, too. @default false */
  readonly webhooks?: boolean
}

/**
 * The contract of a provider of jobs, as named checks for any test runner. `setUp` is called for each check, with the way
 * that the next job goes.
 *
 * @example
 * const cases = providerContract((scene) => {
 *   const server = createServer(scene)
 *   return {
 *     provider: studio({ headers: { authorization: 'Bearer key' } }),
 *     fetch: server.fetch,
 *     begin: (fetch) => fetch('https://studio.example/jobs', { method: 'POST', body: '{}' }),
 *     isCanceled: server.isCanceled,
 *   }
 * })
 * for (const { name, run } of cases) test(name, run)
 */
export function providerContract(
  setUp: (scene: ProviderScene) => ProviderUnderTest | Promise<ProviderUnderTest>,
  { cancels = true, webhooks = false, timeout }: ProviderContractOptions = {},
): readonly ContractCase[] {
  const patience = timeout === undefined ? {} : { timeout }
  const casesOf = (scene: ProviderScene, checks: Readonly<Record<string, (kit: Kit) => unknown>>) =>
    createContract(async () => createKit(await setUp(scene), patience), checks)
  return [
    ...casesOf('succeeds', successes),
    ...casesOf('fails', failures),
    ...casesOf('runs', { ...refusals, ...running, ...(cancels && canceling), ...(webhooks && notices) }),
  ]
}

type Kit = ReturnType<typeof createKit>

interface Sent {
  readonly method: string
  readonly url: string
  readonly headers: Headers
}

/** What a call says, without a look at its body. */
function sentBy(input: Parameters<Fetch>[0], init: Parameters<Fetch>[1]): Sent {
  const request = input instanceof Request ? input : undefined
  return {
    method: init?.method ?? request?.method ?? 'GET',
    // As it is sent: `..` climbs.
    url: new URL(request?.url ?? (input as string | URL), 'https://page.example').href,
    headers: new Headers(init?.headers ?? request?.headers),
  }
}

const headersLikeSecrets = /auth|key|token|secret|cookie/i

function createKit(given: ProviderUnderTest, patience: Patience) {
  const sent: Sent[] = []
  let inFlight = 0
  /** Answers in place of the server. */
  let answer: (() => Response) | undefined

  const fetch: Fetch = async (input, init) => {
    sent.push(sentBy(input, init))
    inFlight += 1
    try {
      // A fake clock does not wait for real sockets.
      await new Promise((resolve) => void setTimeout(resolve))
      const response = answer ? answer() : await given.fetch(input, init)
      if (/event-stream/.test(response.headers.get('content-type') ?? '')) return response
      const body = await response.arrayBuffer()
      const { status, statusText, headers } = response
      return new Response(body.byteLength > 0 ? body : null, { status, statusText, headers })
    } finally {
      inFlight -= 1
    }
  }

  /** A page of an application with this provider. */
  const openPage = () => {
    const { tracker, clock, sink, errors } = createTestTracker()
    const tracked = createTrackedFetch({ tracker, providers: [given.provider], fetch })
    const task = (): TaskRecord | undefined => tracker.getTasks({ showId: 'show' })[0]
    return { tracker, clock, sink, errors, tracked, task }
  }
  const page = openPage()
  type Page = typeof page

  const shown = ({ task }: Page) => JSON.stringify(task() ?? 'no task')

  /** Lets the clock of a page go on, but not while a request is on its way, until something is true. */
  const drive = (on: Page, condition: () => boolean, message: string) =>
    waitUntil(condition, () => `${message} Got ${shown(on)}.`, {
      ...patience,
      advance: () => (inFlight === 0 ? on.clock.advance(3_000) : undefined),
    })

  /** Makes the call that begins the job; its client may reject. */
  const begin = async (on = page) => {
    const call = given.begin(on.tracked.for({ showId: 'show', type: 'trailer' }))
    return settled(call, 'The call that begins a job did not settle.', patience)
  }

  return {
    ...given,
    page,
    openPage,
    sent,
    drive,
    begin,
    /** Begins a job that has a handle. */
    begun: async (): Promise<Job> => {
      const { status } = await begin()
      assertThat(status === 'fulfilled', 'The call that begins a job rejected: the tracked fetch changed it.')
      // Without a poll: the first one may end the job.
      await waitUntil(
        () => page.task()?.job !== undefined,
        () => `Expected a task with a job after the call. Got ${shown(page)}.`,
        patience,
      )
      return page.task()!.job!
    },
    ended: async (on: Page = page): Promise<TaskRecord> => {
      await drive(on, () => isEnded(on.task()), 'Expected the task to end.')
      return on.task()!
    },
    /** From now on, this comes in place of each answer; undefined: the server answers. */
    replace: (make: (() => Response) | undefined) => void (answer = make),
    /** Lets so many polls pass. */
    polled: async (count: number, message: string) => {
      const before = sent.length
      await drive(page, () => sent.length >= before + count && inFlight === 0, message)
    },
    paid: () => sent.filter(({ method, url }) => method === sent[0]?.method && url === sent[0].url).length,
    secrets: () =>
      sent.flatMap(({ headers }) =>
        [...headers].flatMap(([name, value]) =>
          headersLikeSecrets.test(name) ? [value.replace(/^\S+ /, '')] : [],
        ),
      ),
  }
}

const isEnded = (task: TaskRecord | undefined): boolean =>
  task !== undefined && (isFinished(task) || task.status === 'interrupted')

const json = (status: number, body: unknown) => () => Response.json(body, { status })
const html = () =>
  new Response('<!doctype html><title>Bad Gateway</title>', { headers: { 'content-type': 'text/html' } })

/** Answers of servers and proxies that hold no state of a job. */
const unreadable: Readonly<Record<string, () => Response>> = {
  'a page of HTML': html,
  'an empty body': () => new Response(''),
  null: json(200, null),
  '{}': json(200, {}),
  '[]': json(200, []),
  'text that is not JSON': () =>
    new Response('{"status":', { headers: { 'content-type': 'application/json' } }),
}

const successes = {
  async 'follows a job from its call to its output, and pays once'(kit: Kit) {
    const job = await kit.begun()
    assertThat(
      job.provider === kit.provider.name && job.id !== '',
      `Expected a job of the provider "${kit.provider.name}" with an id, got ${JSON.stringify(job)}.`,
    )
    const task = await kit.ended()
    const { status, outputUrl, outputs, metadata } = task
    const hasOutput =
      outputUrl !== undefined || outputs !== undefined || metadata?.['outputType'] !== undefined
    assertThat(
      status === 'succeeded' && hasOutput,
      `Expected a succeeded task with its output, got ${JSON.stringify(task)}.`,
    )
    assertThat(kit.paid() === 1, `Expected one call that begins a job, got ${kit.paid()}.`)
    const [error] = kit.page.errors
    assertThat(error === undefined, `An error was reported although nothing failed: ${error?.message}`)
  },

  async 'follows the job after a reload, and pays nothing again'(kit: Kit) {
    await kit.begun()
    const left = JSON.stringify(kit.page.tracker.serialize())
    const paid = kit.paid()
    const next = kit.openPage()
    next.tracker.restore(parseSnapshot(left))
    const { resumed } = next.tracker.resume(next.tracked.followers)
    assertThat(resumed.length === 1, 'resume did not follow the job: the provider has no `jobs`.')
    const task = await kit.ended(next)
    assertThat(task.status === 'succeeded', `Expected a succeeded task, got ${JSON.stringify(task)}.`)
    assertThat(kit.paid() === paid, 'The call that begins a job was made again after a reload.')
  },

  async 'follows a job to its end after polls that failed'(kit: Kit) {
    await kit.begun()
    for (const answer of [json(503, { error: 'busy' }), html]) {
      kit.replace(answer)
      await kit.polled(1, 'Expected the next poll after one that failed.')
    }
    kit.replace(undefined)
    const task = await kit.ended()
    assertThat(
      task.status === 'succeeded',
      `Expected a succeeded task after polls that failed, got ${JSON.stringify(task)}.`,
    )
  },

  async 'keeps secrets out of records'(kit: Kit) {
    await kit.begun()
    await kit.ended()
    const { sink, tracker } = kit.page
    const text = JSON.stringify(sink.changes)
    const leaked = kit.secrets().filter((secret) => secret.length > 3 && text.includes(secret))
    assertThat(leaked.length === 0, 'A header with a secret is in a record.')
    expectNoSecrets(tracker.serialize())
  },
}

const failures = {
  async 'records the failure of a job, with its reason'(kit: Kit) {
    await kit.begun()
    const { status, error } = await kit.ended()
    assertThat(
      status === 'failed' && Boolean(error?.message),
      `Expected a failed task with a message, got ${status} with ${JSON.stringify(error)}.`,
    )
  },
}

const refusals = {
  async 'fails the task when the call is refused'(kit: Kit) {
    kit.replace(
      json(422, { error: { message: 'The prompt is too long.' }, detail: 'The prompt is too long.' }),
    )
    await kit.begin()
    const { status, error } = await kit.ended()
    assertThat(
      status === 'failed' && error?.httpStatus === 422,
      `Expected a failed task with the HTTP status 422, got ${status} with ${JSON.stringify(error)}.`,
    )
  },

  async 'fails the task when the answer to the call is an error with status 200'(kit: Kit) {
    kit.replace(json(200, { error: { message: 'The model is overloaded.' } }))
    await kit.begin()
    const { status, error } = await kit.ended()
    assertThat(
      status === 'failed' && error?.message.includes('The model is overloaded.') === true,
      `Expected a failed task with the server's message, got ${status} with ${JSON.stringify(error)}.`,
    )
  },

  async 'takes no answer that it cannot read for a success'({ openPage, begin, replace, ended }: Kit) {
    for (const [what, answer] of Object.entries(unreadable)) {
      replace(answer)
      const next = openPage()
      await begin(next)
      const { status } = await ended(next)
      assertThat(status !== 'succeeded', `Expected no success after ${what}, got a succeeded task.`)
    }
  },
}

const running = {
  async 'keeps the task active when an answer to a poll cannot be read'(kit: Kit) {
    await kit.begun()
    for (const [what, answer] of Object.entries(unreadable)) {
      kit.replace(answer)
      await kit.polled(1, `Expected a poll, to be answered with ${what}.`)
      kit.replace(undefined)
      await kit.polled(1, `Expected the next poll after ${what}.`)
      const status = kit.page.task()?.status
      assertThat(
        status === 'processing' || status === 'starting',
        `Expected an active task after ${what}, got ${status}.`,
      )
    }
  },

  async 'is interrupted when the provider does not know the job'(kit: Kit) {
    await kit.begun()
    kit.replace(json(404, { error: 'not found', detail: 'not found' }))
    const { status } = await kit.ended()
    assertThat(status === 'interrupted', `Expected an interrupted task after 404, got ${status}.`)
  },

  async 'sends nothing to the address of a record from elsewhere'(kit: Kit) {
    const { openPage, provider, sent, replace, drive } = kit
    replace(json(404, {}))
    for (const id of ['job', '..', '../../admin', 'a/../../admin', 'job?x=1#y']) {
      const next = openPage()
      const job = { provider: provider.name, id, url: 'https://elsewhere.example/admin' }
      next.tracker.addTask({ id: 'a', showId: 'show', type: 'trailer', status: 'processing', job })
      next.tracker.resume(next.tracked.followers)
      await drive(next, () => next.clock.now() > start + 120_000 || isEnded(next.task()), 'Expected an end.')
    }
    const wrong = sent.find(
      ({ url }) => new URL(url).host === 'elsewhere.example' || /\/admin(?:$|[/?])/.test(url),
    )
    assertThat(
      wrong === undefined,
      `A job of a record led a request, with its headers, to ${wrong?.url}. Make the address from the job's id, or check it.`,
    )
  },
}

/** When the clock of a test tracker starts. */
const start = createTestTracker().clock.now()

const canceling = {
  async 'cancels the job at the provider'(kit: Kit) {
    const { page, begun, isCanceled, drive } = kit
    assertThat(isCanceled !== undefined, 'The set-up has no `isCanceled`. Add it, or pass cancels: false.')
    await begun()
    page.tracker.cancel({ showId: 'show' })
    assertThat(page.task()?.status === 'canceled', `Expected a canceled task, got ${page.task()?.status}.`)
    await drive(page, isCanceled, 'Expected a request that cancels the job at the provider.')
    assertThat(page.task()?.status === 'canceled', `Expected a canceled task, got ${page.task()?.status}.`)
  },
}

const notices = {
  async 'merges a webhook once, and refuses one that was changed'(kit: Kit) {
    const { page, begun, webhook } = kit
    assertThat(webhook !== undefined, 'The set-up has no `webhook`. Add it, or leave out webhooks: true.')
    const job = await begun()
    const { source, deliver } = webhook
    const now = page.clock.now()
    const handle = async (request: Request) =>
      handleWebhook(request, { source, target: page.tracker, clock: () => now })
    const signed = await deliver(job, now)
    const [first, again, body] = [signed.clone(), signed.clone(), await signed.text()]
    const forged = await handle(new Request(signed.url, { ...init(first), body: `${body} ` }))
    assertThat(
      forged.status >= 400 && page.task()?.status !== 'succeeded',
      `Expected a refused webhook with a changed body, got HTTP ${forged.status}.`,
    )
    const merged = await handle(first)
    assertThat(
      merged.status === 200 && page.task()?.status === 'succeeded',
      `Expected a succeeded task after the webhook, got ${page.task()?.status} and HTTP ${merged.status}.`,
    )
    const { result } = (await (await handle(again)).json()) as { readonly result?: string }
    assertThat(result === 'duplicate', `Expected "duplicate" for the second delivery, got "${result}".`)
  },
}

const init = ({ method, headers }: Request): RequestInit => ({ method, headers })
