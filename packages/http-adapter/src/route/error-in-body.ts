import type { TaskPatch } from '@callsheet/core'
import { messageOf } from '@callsheet/core/provider'
import { failed } from './answers.ts'

/** The part of a body with a sentence that has its code beside it, for core to read. Undefined without a sentence. */
function reasonIn(body: unknown): unknown {
  if (typeof body === 'string') return /^\s*(?:<|$)/.test(body) ? undefined : body
  if (messageOf(body) === undefined) return undefined
  const { error, errors } = body as { readonly error?: unknown; readonly errors?: unknown }
  const inner = Array.isArray(body)
    ? body.slice(0, 10)
    : [error, errors].filter((it) => typeof it === 'object')
  return firstOf(inner.map(reasonIn)) ?? body
}

const firstOf = (values: readonly unknown[]): unknown => values.find((value) => value !== undefined)

/** The reason in a response that has an `error`. A `message` or `detail` alone may not be an error. */
export function errorIn(body: unknown): unknown {
  if (Array.isArray(body)) return firstOf(body.slice(0, 10).map(errorIn))
  const { error, errors, base_resp: base } = Object(body) as Readonly<Record<string, unknown>>
  return firstOf([error, errors, base].map(reasonIn))
}

/** The failure of a response that cannot be understood. The paid call is not retried by default. */
export const misread = (what: string, body: unknown): Pick<TaskPatch, 'status' | 'error'> =>
  failed(reasonIn(body) ?? { message: `Cannot understand the answer of ${what}.`, retryable: false })
