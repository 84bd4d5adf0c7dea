import { onTestFinished } from 'vitest'

/** Unhandled rejections while a test runs. */
export function unhandled(): unknown[] {
  const seen: unknown[] = []
  const note = (reason: unknown) => seen.push(reason)
  process.on('unhandledRejection', note)
  onTestFinished(() => void process.off('unhandledRejection', note))
  return seen
}
