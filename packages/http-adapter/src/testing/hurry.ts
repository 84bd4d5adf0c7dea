import { onTestFinished, vi } from 'vitest'

/** Makes the pauses of other people's clients short: `setTimeout` runs a hundred times as fast until the test ends. */
export function hurry(): void {
  const { setTimeout } = globalThis
  const fast = (callback: (...given: unknown[]) => void, ms = 0, ...given: unknown[]) =>
    setTimeout(callback, ms / 100, ...given)
  vi.stubGlobal('setTimeout', fast)
  onTestFinished(() => void vi.unstubAllGlobals())
}
