import { classifyFailure } from '@callsheet/core/provider'
import { type Answer, readAnswer } from './batch.ts'
import type { Entry } from './queue.ts'
import { readText } from '../body/read-body.ts'
import type { HttpSinkOptions } from './sink-options.ts'
import { isThenable } from '../body/share-call.ts'
import { orAborted } from '../body/signals.ts'
import { headersOf, type Platform } from '../platform/platform.ts'

/** The result of a request. */
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

/** What a request needs from its environment. */
export interface SendHost extends Platform {
  readonly url: string
  readonly headers: HttpSinkOptions['headers']
  readonly gzip: HttpSinkOptions['gzip']
  /** In ms. */
  readonly timeout: number
}

/**
 * Posts the text of entries, as gzip where that pays. Never rejects, and takes no longer than `timeout`, whatever hangs.
 *
 * @param keepalive The page may end: then it goes at once, where the headers are there, and as plain text, for which a
 * browser asks no other origin's leave.
 */
export type Send = (text: string, entries: readonly Entry[], keepalive: boolean) => Promise<Reply>

const worthwhile = 2_048
/** Statuses of a collector that cannot decode a body. */
const refusals = new Set([400, 415, 422, 501])

/**
 * Creates the sender. When the collector refuses gzip, or gzip fails, texts are sent plain from then on (RFC 9110,
 * 15.5.16).
 *
 * @param onGzipError Called once.
 */
export function createSend(host: SendHost, onGzipError: (error: unknown) => void): Send {
  const { url, headers, fetch, clock, schedule, timeout } = host
  let gzip = host.gzip ?? undefined
  /** The collector has taken a gzip. */
  let isUnderstood = false
  /** A gzip may be what the collector could not take: the next text goes plain. */
  let isDoubtful = false

  async function zip(text: string, signal: AbortSignal): Promise<BufferSource | undefined> {
    try {
      return await orAborted(signal, Promise.resolve(gzip!(text)))
    } catch (error) {
      gzip = undefined
      onGzipError(error)
      signal.throwIfAborted()
      return undefined
    }
  }

  async function post(
    text: string,
    entries: readonly Entry[],
    keepalive: boolean,
    signal: AbortSignal,
    onRefusal: (reply: Reply | undefined) => void,
  ): Promise<Reply> {
    const asked = typeof headers === 'function' ? headers() : headers
    const sent = headersOf(isThenable(asked) ? await asked : asked)

    async function ask(body: BodyInit): Promise<Reply> {
      onRefusal(undefined)
      const response = await fetch(url, { method: 'POST', body, headers: sent, keepalive, signal })
      const { status, ok, redirected } = response
      const judged = classifyFailure(
        // What is below 400 and no success is nothing to try again.
        { error: { message: '', httpStatus: Math.max(400, status) }, headers: response.headers },
        clock(),
      )
      const reply = { ...judged, status, error: `status ${status}` }
      if (!ok) onRefusal(reply)
      // All of it, always: an unread body holds its connection.
      const said = await readText(response)
      if (!ok) return reply
      if (said === undefined) throw new Error('the answer is longer than 1 MiB')
      return { ...reply, answer: readAnswer(said, entries, redirected) }
    }

    if (keepalive) return ask(text)
    sent.set('content-type', 'application/json')
    const isLong = text.length > worthwhile
    const zipped = gzip && isLong && !isDoubtful ? await zip(text, signal) : undefined
    if (zipped) {
      sent.set('content-encoding', 'gzip')
      const reply = await ask(zipped)
      if (reply.answer) isUnderstood = true
      // A server that breaks on a gzip says 500, but so does one that is broken: the next try shows which.
      isDoubtful = refusals.has(reply.status) || (reply.status === 500 && !isUnderstood)
      if (!refusals.has(reply.status)) return reply
      sent.delete('content-encoding')
    }
    const wasDoubtful = isDoubtful
    const reply = await ask(text)
    if (isLong && wasDoubtful) {
      if (reply.answer) gzip = undefined
      isDoubtful = false
    }
    return reply
  }

  return async (text, entries, keepalive) => {
    const abort = new AbortController()
    let stop = () => {}
    /** Known before its body, which may never end. */
    let refusal: Reply | undefined
    try {
      stop = schedule(() => abort.abort(new Error(`no answer in ${timeout} ms`)), timeout)
      const onRefusal = (reply?: Reply) => void (refusal = reply)
      return await orAborted(abort.signal, post(text, entries, keepalive, abort.signal, onRefusal))
    } catch (error) {
      return refusal ?? { status: 0, retryable: true, error }
    } finally {
      stop()
    }
  }
}
