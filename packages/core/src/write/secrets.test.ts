import { describe, expect, it } from 'vitest'
import { expectNoSecrets } from './no-secrets.ts'
import { showPipeline } from '../records/show-pipeline.ts'
import { logSink, memorySink } from '../tracker/sink.ts'
import { quiet } from '../testing.ts'
import { createTracker } from '../tracker/tracker.ts'

// --- secrets, made up by a seeded generator ----------------------------------------------------------------------------

/** mulberry32: the same secrets in every run. */
function createRandom(seed: number) {
  let state = seed
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const random = createRandom(20_261_122)
const digits = '0123456789'
const hex = `${digits}abcdef`
const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const letters = upper + upper.toLowerCase()
const base62 = letters + digits
const base64url = `${base62}-_`

const some = (alphabet: string, length: number): string =>
  Array.from({ length }, () => alphabet[random(alphabet.length)]).join('')

const uuid = () => [8, 4, 4, 4, 12].map((length) => some(hex, length)).join('-')
const base64 = (text: string) => Buffer.from(text).toString('base64')
const jwt = () =>
  [
    { alg: 'HS256', typ: 'JWT' },
    { sub: some(base62, 12), exp: random(2e9) },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .concat(some(base64url, 43))
    .join('.')

/** What is a secret by its shape, wherever it stands. */
const shapes: Record<string, () => string> = {
  OpenAI: () => `sk-${some(base62, 48)}`,
  'OpenAI of a project': () => `sk-proj-${some(base64url, 74)}T3BlbkFJ${some(base64url, 74)}`,
  Anthropic: () => `sk-ant-api03-${some(base64url, 93)}AA`,
  OpenRouter: () => `sk-or-v1-${some(hex, 64)}`,
  Replicate: () => `r8_${some(base62, 37)}`,
  fal: () => `${uuid()}:${some(hex, 32)}`,
  'Hugging Face': () => `hf_${some(letters, 34)}`,
  Google: () => `AIza${some(base64url, 35)}`,
  ElevenLabs: () => `sk_${some(hex, 48)}`,
  Stripe: () => `sk_live_${some(base62, 24)}`,
  'Stripe, restricted': () => `rk_test_${some(base62, 99)}`,
  GitHub: () => `gh${'pousr'[random(5)]}_${some(base62, 36)}`,
  'GitHub, fine-grained': () => `github_pat_${some(base62, 22)}_${some(base62, 59)}`,
  AWS: () => `AKIA${some(upper + digits, 16)}`,
  Slack: () => `xox${'bp'[random(2)]}-${some(digits, 12)}-${some(digits, 13)}-${some(base62, 24)}`,
  'a web token': jwt,
}

/** What is a secret by what stands before it: the text, and the secret in it. */
const named: Record<string, () => readonly [text: string, secret: string]> = {
  Bearer: saying(
    () => some(base62, 32),
    (secret) => `Bearer ${secret}`,
  ),
  'bearer, as some write it': saying(
    () => some(base62, 32),
    (secret) => `header bearer ${secret}`,
  ),
  Basic: saying(
    () => base64(`${some(base62, 8)}:${some(base62, 12)}`),
    (secret) => `Basic ${secret}`,
  ),
  'a header': saying(
    () => some(hex, 40),
    (secret) => `x-api-key: ${secret}`,
  ),
  'an Authorization header': saying(
    () => base64(some(base62, 9)),
    (secret) => `authorization: Basic ${secret}`,
  ),
  'a token of no shape': saying(
    () => some(base62, 24),
    (secret) => `Authorization: ${secret}`,
  ),
  cookies: saying(
    () => some(base62, 26),
    (secret) => `Cookie: theme=dark; session=${secret}`,
  ),
  JSON: saying(
    () => some(letters, 12),
    (secret) => `{"api_key":"${secret}","model":"m"}`,
  ),
  'JSON with spaces': saying(
    () => some(letters, 12),
    (secret) => `{ "password" : "${secret}", "n": 1 }`,
  ),
  'JSON in JSON': saying(
    () => some(letters, 12),
    (secret) => JSON.stringify(`{"clientSecret":"${secret}"}`),
  ),
  'JSON with a list': saying(
    () => some(hex, 20),
    (secret) => `{"set-cookie":["a=1; Path=/","b=${secret}"]}`,
  ),
  'what util.inspect prints': saying(
    () => some(letters, 12),
    (secret) => `{ 'access-token': '${secret}' }`,
  ),
  'a query': saying(
    () => some(letters, 9),
    (secret) => `GET https://a.example/v1?n=1&api_key=${secret}&m=2: 401`,
  ),
  'a signature': saying(
    () => some(hex, 64),
    (secret) => `GET https://a.example/p.png?X-Amz-Signature=${secret}: 403`,
  ),
  'a form': saying(
    () => some(letters, 9),
    (secret) => `user=ada&password=${secret}&remember=1`,
  ),
  'an escaped query': saying(
    () => some(hex, 9),
    (secret) => `to=%2Fv1%3Fapi_key%3D${secret}`,
  ),
  'an environment': saying(
    () => some(letters, 9),
    (secret) => `OPENAI_API_KEY=${secret} node server.js`,
  ),
  'an address': saying(
    () => some(base62, 14),
    (secret) => `https://ada:${secret}@a.example/v1`,
  ),
  'a database': saying(
    () => some(base62, 14),
    (secret) => `postgres://ada:${secret}@db.example:5432/shows`,
  ),
  'a private key': saying(
    () => some(base62, 64),
    (secret) => `-----BEGIN RSA PRIVATE KEY-----\n${secret}\n-----END RSA PRIVATE KEY-----`,
  ),
}

function saying(make: () => string, say: (secret: string) => string) {
  return () => {
    const secret = make()
    return [say(secret), secret] as const
  }
}

/** How texts come to hold what should not be in them. */
const sentences: ((text: string) => string)[] = [
  (text) => text,
  (text) => `Incorrect key provided: ${text}.`,
  (text) => `first line\n${text}\nlast line`,
  (text) => `(${text})`,
  (text) => `${'x'.repeat(1_985)} ${text}`,
  (text) => `${'x'.repeat(1_950)} ${text} ${'y'.repeat(20_000)}`,
  (text) => JSON.stringify({ message: `line\n${text}` }),
]

interface Planted {
  readonly family: string
  readonly text: string
  readonly secret: string
  /** Whether it is one without what stands around it. */
  readonly isShape: boolean
}

const planted: Planted[] = sentences.flatMap((sentence) => [
  ...Object.entries(shapes).map(([family, make]) => {
    const secret = make()
    return { family, text: sentence(secret), secret, isShape: true }
  }),
  ...Object.entries(named).map(([family, make]) => {
    const [text, secret] = make()
    return { family, text: sentence(text), secret, isShape: false }
  }),
])

// --- every way in ---------------------------------------------------------------------------------------------------

function setup() {
  const sink = memorySink()
  const out: unknown[] = []
  const log = (fields: object, message: string) => void out.push({ ...fields, message })
  const tracker = createTracker({
    pipeline: showPipeline,
    clock: () => 1_000_000,
    random: () => 0.5,
    // No pause is waited for.
    schedule: (callback, ms) => {
      if (ms !== 2_000) queueMicrotask(callback)
      return () => {}
    },
    sinks: [sink, logSink({ info: log, error: log })],
  })
  tracker.on('error', ({ error }) => void out.push(error.message))
  const all = () => JSON.stringify([tracker.serialize(), sink.changes, out, tracker.getPipelines()])
  return { tracker, show: tracker.show('s'), all }
}

const errorOf = (text: string) =>
  Object.assign(new Error(text, { cause: new Error(text) }), { code: text, details: text })

/** Puts a text into all that can be filled. Ids are the user's own. */
async function plant({ tracker, show }: ReturnType<typeof setup>, { text, secret, isShape }: Planted) {
  const metadata = () => ({
    note: text,
    deep: { list: [[{ text }], text], [text]: 1 },
    apiKey: secret,
    headers: { authorization: secret, 'Set-Cookie': [secret], list: [{ password: { was: secret } }] },
  })
  const inAddress = isShape ? `https://ada:${secret}@a.example/p.png?width=1` : '/p.png'
  const patch = () => ({
    stage: text,
    metadata: metadata(),
    job: { provider: text, id: text, url: inAddress },
    outputUrl: inAddress,
    outputs: [inAddress, isShape ? secret : 'p.png'],
  })
  show.setTitle(text)
  show.setCharacters([{ id: 'ada', name: text }])
  show.setFacts({ characters: [{ id: 'ada', name: text }], done: {} })
  tracker.addTask({ id: 'added', showId: 's', type: 'library-poster', error: text, ...patch() } as never)
  for (const error of [
    text,
    errorOf(text),
    { message: text, code: text },
    { error: { message: text }, detail: text },
  ])
    tracker.updateTask('added', { status: 'failed', error, ...patch() } as never)
  tracker.updateTask('added', { metadata: (held: object) => ({ ...held, again: text }) } as never)
  const fail = () => Promise.reject(errorOf(text))
  const caught = (promise: Promise<unknown>) => promise.catch(() => undefined)
  await caught(
    show.track(
      'trailer',
      (run) => {
        run.stage(text)
        run.update(patch() as never)
        run.job({ provider: text, id: text, url: inAddress })
        run.nextAttempt(text)
        run.nextAttempt(errorOf(text))
        return fail()
      },
      { stage: text, metadata: metadata() as never },
    ),
  )
  await caught(show.track('show-generation', fail, { retry: { attempts: 3, when: () => true } }))
  await caught(show.wrap('character-seeds', fail, () => ({ stage: text, metadata: metadata() as never }))())
  show.track('portrait-grid', () => 1, { result: () => patch() as never })
  const body = JSON.stringify({ error: { message: text, code: text }, details: text })
  show.track('portrait', () => new Response(body, { status: 500, statusText: 'no' }), { characterId: 'ada' })
  show.track('video', () => new Response(text, { status: 401 }), { characterId: 'ada' })
  void caught(
    show.track('character-dossier', () => new Promise(() => {}), { characterId: 'ada', stage: text }),
  )
  show.cancel(text)
  // Thrown values other than errors.
  tracker.report(text)
  tracker.report({ message: text })
  await quiet()
}

describe('a tracker', () => {
  it(`keeps each of ${planted.length} planted secrets out of all that leaves it`, async () => {
    expect(planted.length).toBeGreaterThanOrEqual(200)
    const found: string[] = []
    for (const one of planted) {
      const kit = setup()
      await plant(kit, one)
      const all = kit.all()
      // It was all written, and not dropped as a whole.
      expect(all.length).toBeGreaterThan(4_000)
      if (all.includes(one.secret)) found.push(`${one.family}: ${one.text.slice(-300)}`)
    }
    expect(found).toEqual([])
  })

  it('keeps nothing that expectNoSecrets would find', async () => {
    const kit = setup()
    for (const one of planted.slice(0, 36)) await plant(kit, one)
    expect(() => expectNoSecrets(JSON.parse(kit.all()))).not.toThrow()
  })

  it('keeps the query of an output, which may be signed, in records, and cuts it in logs', () => {
    const { tracker, all } = setup()
    const signed = `https://a.example/p.png?X-Amz-Credential=${shapes['AWS']!()}&X-Amz-Signature=${some(hex, 64)}`
    const lines: string[] = []
    const log = (fields: object) => void lines.push(JSON.stringify(fields))
    const logged = createTracker({ pipeline: showPipeline, sinks: [logSink({ info: log, error: log })] })
    for (const one of [tracker, logged])
      one.addTask({
        showId: 's',
        type: 'trailer',
        outputUrl: signed,
        outputs: [signed],
        metadata: { preview: signed },
      })
    expect(all().split(signed).length).toBeGreaterThan(3)
    expect(tracker.getTasks()[0]?.metadata).toEqual({ preview: signed })
    expect(lines.join('\n')).toContain('https://a.example/p.png')
    expect(lines.join('\n')).not.toContain('X-Amz')
  })

  it('lets secrets be, when told to, but not what a step calls secret', () => {
    const key = shapes['OpenAI']!()
    const tracker = createTracker({ pipeline: showPipeline, redact: false })
    tracker.show('s').track('trailer', () => 1, { stage: key, metadata: { apiKey: key, note: key } as never })
    expect(tracker.getTasks()[0]?.metadata).toEqual({ apiKey: key, note: key })
  })
})
