// What answers of models have in common, whatever the provider.
import type { JobState } from '@callsheet/core/jobs'

export type Fields = Readonly<Record<string, unknown>>

export const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {}

/** A text field; empty for anything else. */
export const textIn = (value: unknown): string => (typeof value === 'string' ? value : '')

export const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : [])

/** The JSON of an event. One that is not JSON says nothing. */
export function parseEvent({ data }: { readonly data: string }): Fields {
  try {
    return fieldsOf(JSON.parse(data))
  } catch {
    return {}
  }
}

/**
 * The state of an answer without files: of texts only `metadata.outputType` is kept.
 *
 * @param cut Why it was cut off, if it was.
 */
export function answered(hasText: boolean, hasMore: boolean, model: unknown, cut = ''): JobState {
  const outputType = hasText ? 'text' : hasMore && !cut ? 'json' : undefined
  if (cut === 'content_filter' || (outputType === undefined && cut)) {
    return { status: 'failed', error: { code: cut, message: `The answer was cut off: ${cut}.` } }
  }
  if (outputType === undefined) return { status: 'failed', error: 'The answer is empty.' }
  return written({ metadata: { outputType, ...(cut && { incomplete: cut }) } }, model)
}

type Output = Pick<JobState, 'outputUrl' | 'outputs' | 'metadata'>

/** Files by their addresses, or as data: URLs, each of which is described once. */
export function filed(files: readonly string[]): Output {
  if (files.length > 1) {
    const outputUrl = files.find((file) => !file.startsWith('data:'))
    return { ...(outputUrl && { outputUrl }), outputs: files }
  }
  return files[0] === undefined ? {} : { outputUrl: files[0] }
}

/** A success, with the model that was really used. */
export const written = ({ metadata, ...output }: Output, model: unknown): JobState => ({
  status: 'succeeded',
  ...output,
  metadata: { ...metadata, ...(typeof model === 'string' ? { model } : {}) },
})

/** The failure of an input that would be refused again. */
export const refused = (code: string, message: string): JobState => ({
  status: 'failed',
  error: { code, message, retryable: false },
})
