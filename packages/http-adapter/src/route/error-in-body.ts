import type { TaskPatch } from '@callsheet/core'
import { failed } from './answers.ts'

/**
 * The reason in a response that names neither work nor a result, in a form that core reads an error from, with the
 * server's own sentence. Undefined without one.
 */
function reasonIn(body: unknown, levels = 4): unknown {
  if (typeof body === 'string') return /^\s*(?:<|$)/.test(body) ? undefined : body
  if (typeof body !== 'object' || body === null || levels === 0) return undefined
  if (Array.isArray(body)) return firstOf(body.slice(0, 10).map((part) => reasonIn(part, levels - 1)))
  const { error, errors, message, detail } = body as Readonly<Record<string, unknown>>
  const nested = reasonIn(error, levels - 1)
  // With its code.
  if (typeof nested === 'object') return nested
  if ([nested, message, detail].some((text) => typeof text === 'string' && text !== '')) return body
  return firstOf([errors, detail].map((part) => reasonIn(part, levels - 1)))
}

const firstOf = (values: readonly unknown[]): unknown => values.find((value) => value !== undefined)

/** The reason in a response that has an `error`. A `message` or `detail` alone may not be an error. */
export function errorIn(body: unknown): unknown {
  if (Array.isArray(body)) return firstOf(body.slice(0, 10).map(errorIn))
  const { error, errors } = Object(body) as { readonly error?: unknown; readonly errors?: unknown }
  return reasonIn({ error, errors })
}

/** The failure of a response that cannot be understood. The paid call is not retried by default. */
export const misread = (what: string, body: unknown): Pick<TaskPatch, 'status' | 'error'> =>
  failed(reasonIn(body) ?? { message: `Cannot understand the answer of ${what}.`, retryable: false })
