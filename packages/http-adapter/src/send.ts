import { classifyFailure } from '@callsheet/core'
import { type Answer, readAnswer } from './batch.ts'
import type { Entry } from './queue.ts'
import { readText } from './read-body.ts'
import type { HttpSinkOptions } from './sink-options.ts'
import { isThenable } from './share-call.ts'
import { headersOf, type World } from './world.ts'

/** What has come of a request. */
export interface Reply {
  /** 0 when there was no answer. */
  readonly status: number
  /** Of a success. */
  readonly answer?: Answer | undefined
  /** Whether the same request may well succeed later. */
  readonly retryable: boolean
  /** How long the server asks to wait, in ms. */
  readonly retryAfter?: number | undefined
  readonly error: unknown
}

/** What a request needs of the world. */
export interface SendHost extends World {
  readonly url: string
  readonly headers: HttpSinkOptions['headers']
  readonly gzip: HttpSinkOptions['gzip']
  /** In ms. */
  readonly timeout: number
}

const worthwhile = 2_048

/**
 * Posts the text of entries, as gzip where that pays. Never rejects, and takes no longer than `timeout`, whatever hangs.
 *
 * @param keepalive The page may end: then it goes at once, where the headers are there, and as plain text, for which a
 * browser asks no other origin's leave.
 */
export async function send(
  text: string,
  entries: readonly Entry[],
  keepalive: boolean,
  host: SendHost,
): Promise<Reply> {
  const { schedule, timeout } = host
  const abort = new AbortController()
  let stop: (() => void) | undefined
  try {
    return await new Promise<Reply>((resolve, reject) => {
      stop = schedule(() => {
        const late = new Error(`no answer in ${timeout} ms`)
        abort.abort(late)
        reject(late)
      }, timeout)
      post(text, entries, keepalive, host, abort.signal).then(resolve, reject)
    })
  } catch (error) {
    return { status: 0, retryable: true, error }
  } finally {
    stop?.()
  }
}

async function post(
  text: string,
  entries: readonly Entry[],
  keepalive: boolean,
  { url, headers, gzip, fetch, clock }: SendHost,
  signal: AbortSignal,
): Promise<Reply> {
  const asked = typeof headers === 'function' ? headers() : headers
  const sent = headersOf(isThenable(asked) ? await asked : asked)
  let body: BodyInit = text
  if (!keepalive) {
    sent.set('content-type', 'application/json')
    if (gzip && text.length > worthwhile) {
      body = await gzip(text)
      sent.set('content-encoding', 'gzip')
    }
  }
  const response = await fetch(url, { method: 'POST', body, headers: sent, keepalive, signal })
  const { status, ok, redirected } = response
  // All of it, always: an unread body holds its connection.
  const said = await readText(response)
  if (ok && said === undefined) throw new Error('the answer is longer than 1 MiB')
  const judged = classifyFailure(
    // What is below 400 and no success is nothing to try again.
    { error: { message: '', httpStatus: Math.max(400, status) }, headers: response.headers },
    clock(),
  )
  const answer = ok ? readAnswer(said!, entries, redirected) : undefined
  return { ...judged, status, answer, error: `status ${status}` }
}
