import { type Asked, type LocalServer, startLocalServer } from './local-server.ts'
import { createScriptedJobs, type ScriptedJobs } from './scripted-jobs.ts'

/** How a job of a documented server stands: `word` is the provider's own. */
export interface DocumentedState {
  readonly word: string
  readonly progress?: number
  /** Fields beside the status, such as the output. */
  readonly more?: object
}

export interface DocumentedServer extends LocalServer, Pick<ScriptedJobs<DocumentedState>, 'all' | 'set'> {}

/** What the documentation of a provider says of its jobs. */
interface Documented {
  readonly hosts: Readonly<Record<string, string>>
  readonly isAllowed: (asked: Asked) => boolean
  /** What a wrong key is answered. */
  readonly refusal: object
  readonly create: RegExp
  readonly begun: (id: string) => object
  readonly status: RegExp
  readonly told: (id: string, state: DocumentedState) => object
  /** Absent where the provider has no such call. */
  readonly remove?: { readonly path: RegExp; readonly status: number; readonly body?: object }
  /** Where finished pictures lie. */
  readonly files?: RegExp
}

async function serve(of: Documented, script: readonly DocumentedState[]): Promise<DocumentedServer> {
  const jobs = createScriptedJobs<DocumentedState>('job-', script)
  const ifAllowed =
    (answer: (id: string | undefined) => { status: number; body?: object } | undefined) =>
    (asked: Asked, params: Readonly<Record<string, string>>) =>
      of.isAllowed(asked)
        ? (answer(params['id'] ?? asked.query.get('id') ?? undefined) ?? { status: 404, body: of.refusal })
        : { status: 401, body: of.refusal }
  const server = await startLocalServer(of.hosts, [
    {
      name: 'create',
      method: 'POST',
      path: of.create,
      answer: ifAllowed(() => ({ status: 200, body: of.begun(jobs.create(undefined).id) })),
    },
    {
      name: 'status',
      method: 'GET',
      path: of.status,
      answer: ifAllowed((id) => {
        const job = jobs.find(id)
        return job && { status: 200, body: of.told(job.id, jobs.step(job)) }
      }),
    },
    {
      name: 'remove',
      method: 'DELETE',
      path: of.remove?.path ?? /^$/,
      answer: ifAllowed(() => of.remove),
    },
    {
      name: 'file',
      method: 'GET',
      path: of.files ?? /^$/,
      answer: () => ({
        status: 200,
        headers: { 'content-type': 'image/png' },
        body: new Uint8Array([137, 80, 78, 71]),
      }),
    },
  ])
  return { ...server, all: jobs.all, set: jobs.set }
}

export const keys = { luma: 'luma-1', bfl: 'bfl-1', kling: 'jwt-1', elevenlabs: 'xi-1' } as const

const bearer = (key: string) => (asked: Asked) => asked.headers.authorization === `Bearer ${key}`

/** Luma's Dream Machine: docs.lumalabs.ai, and the types of its client. */
export const startLumaServer = (script: readonly DocumentedState[]) =>
  serve(
    {
      hosts: { 'https://api.lumalabs.ai': '' },
      isAllowed: bearer(keys.luma),
      refusal: { detail: 'The key is invalid' },
      create: /^\/dream-machine\/v1\/generations\/(?:video|image)$/,
      begun: (id) => ({ id, state: 'queued', generation_type: 'video', assets: null, request: lumaRequest }),
      status: /^\/dream-machine\/v1\/generations\/(?<id>[^/]+)$/,
      told: (id, { word, more }) => ({
        id,
        state: word,
        failure_reason: null,
        assets: null,
        request: lumaRequest,
        ...more,
      }),
      remove: { path: /^\/dream-machine\/v1\/generations\/(?<id>[^/]+)$/, status: 204 },
    },
    script,
  )

const lumaRequest = {
  generation_type: 'video',
  prompt: 'Ada walks',
  keyframes: { frame0: { type: 'image', url: 'https://shows.example/ada.png' } },
  callback_url: 'https://shows.example/hooks',
}

/** FLUX of Black Forest Labs: the job lies in a region, at an address that only the answer names. docs.bfl.ai */
export const startBflServer = (script: readonly DocumentedState[]) =>
  serve(
    {
      hosts: {
        'https://api.bfl.ai': '',
        'https://api.eu1.bfl.ai': '/eu1',
        'https://delivery.eu1.bfl.ai': '/files',
      },
      isAllowed: ({ headers }) => headers['x-key'] === keys.bfl,
      refusal: { detail: 'The key is invalid' },
      create: /^\/v1\/flux-[\w.-]+$/,
      begun: (id) => ({ id, polling_url: `https://api.eu1.bfl.ai/v1/get_result?id=${id}`, cost: 4.5 }),
      status: /^\/eu1\/v1\/get_result$/,
      told: (id, { word, progress, more }) => ({
        id,
        status: word,
        result: null,
        progress: progress ?? null,
        details: null,
        preview: null,
        ...more,
      }),
      files: /^\/files\//,
    },
    script,
  )

/** Kling: each kind of task has an address of its own. klingai.com/document-api */
export const startKlingServer = (script: readonly DocumentedState[]) =>
  serve(
    {
      hosts: { 'https://api-singapore.klingai.com': '' },
      isAllowed: bearer(keys.kling),
      refusal: { code: 1004, message: 'The token has expired', request_id: 'r-1' },
      create: /^\/v1\/videos\/image2video$/,
      begun: (id) => klingBody({ task_id: id, task_status: 'submitted' }),
      status: /^\/v1\/videos\/image2video\/(?<id>[^/]+)$/,
      told: (id, { word, more }) =>
        klingBody({ task_id: id, task_status: word, task_status_msg: '', ...more }),
    },
    script,
  )

const klingBody = (data: object) => ({ code: 0, message: 'SUCCEED', request_id: 'r-1', data })

/** Dubbing of ElevenLabs. elevenlabs.io/docs/api-reference/dubbing */
export const startElevenLabsServer = (script: readonly DocumentedState[]) =>
  serve(
    {
      hosts: { 'https://api.elevenlabs.io': '' },
      isAllowed: ({ headers }) => headers['xi-api-key'] === keys.elevenlabs,
      refusal: { detail: { status: 'invalid_api_key', message: 'The key is invalid' } },
      create: /^\/v1\/dubbing$/,
      begun: (id) => ({ dubbing_id: id, expected_duration_sec: 12.5 }),
      status: /^\/v1\/dubbing\/(?<id>[^/]+)$/,
      told: (id, { word, more }) => ({
        dubbing_id: id,
        name: 'Ada in Spanish',
        status: word,
        target_languages: ['es'],
        editable: false,
        created_at: '2026-11-30T10:00:00Z',
        error: null,
        ...more,
      }),
      remove: { path: /^\/v1\/dubbing\/(?<id>[^/]+)$/, status: 200, body: { status: 'ok' } },
    },
    script,
  )
