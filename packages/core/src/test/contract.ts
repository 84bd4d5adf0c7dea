import { CallsheetError } from '../records/errors.ts'

/** One check of a contract, for any test runner. */
export interface ContractCase {
  /** The required behavior: the name of a test. */
  readonly name: string
  /** Sets the adapter up, checks it and closes it. Rejects with a CallsheetError that says what was expected. */
  readonly run: () => Promise<void>
}

/** How long and in which way a contract waits. */
export interface Patience {
  /** Maximum ms of each wait. Give the runner more than that. @default 4_000 */
  readonly timeout?: number
  /** Called between two looks, to advance a fake clock. @default none, real time passes */
  readonly advance?: (() => unknown) | undefined
}

/**
 * Creates the cases of a contract of your own: each check runs on a fresh set-up, which is closed afterwards.
 *
 * @example
 * const cases = createContract(() => ({ cache: new Map<string, number>() }), {
 *   'starts empty': ({ cache }) => assertThat(cache.size === 0, `Expected an empty cache, got ${cache.size} entries.`),
 * })
 * for (const { name, run } of cases) test(name, run)
 */
export function createContract<Kit extends { readonly close?: (() => unknown) | undefined }>(
  setUp: () => Kit | Promise<Kit>,
  checks: Readonly<Record<string, (kit: Kit) => unknown>>,
): readonly ContractCase[] {
  return Object.entries(checks).map(([name, check]) => ({
    name,
    async run() {
      const kit = await setUp()
      try {
        await check(kit)
      } finally {
        await kit.close?.()
      }
    },
  }))
}

/**
 * Throws a CallsheetError with the message unless the condition holds.
 *
 * @example
 * assertThat(arrived.length === 2, `Expected 2 records, got ${arrived.length}.`)
 */
export function assertThat(condition: boolean, message: string): asserts condition {
  if (!condition) fail(message)
}

function fail(message: string): never {
  throw new CallsheetError(message, { code: 'assertion_failed' })
}

// As it was when the kit was imported: a test may fake it.
const { setTimeout: startTimer } = globalThis

/** Resolves after some ms of real time. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => void startTimer(resolve, ms))

/**
 * Looks every 5 ms of real time, until the condition holds. Rejects with a CallsheetError after `timeout`.
 *
 * @param message What was expected and what is there instead; called once, when the time is over.
 * @example
 * await waitUntil(() => tracker.getTasks().length === 2, () => `Expected 2 tasks, got ${tracker.getTasks().length}.`)
 */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  message: () => string | Promise<string>,
  { timeout = 4_000, advance }: Patience = {},
): Promise<void> {
  const end = performance.now() + timeout
  while (!(await condition())) {
    if (performance.now() > end) fail(`${await message()} Waited ${timeout} ms.`)
    await advance?.()
    await pause(5)
  }
}

/**
 * Waits for a promise to settle, either way, and returns at once then. Rejects with a CallsheetError after `timeout`.
 *
 * @param message What was expected.
 * @example
 * const { status } = await settled(sink.flush?.(), 'flush did not settle.')
 */
export async function settled(
  promise: unknown,
  message: string,
  { timeout = 4_000, advance }: Patience = {},
): Promise<PromiseSettledResult<unknown>> {
  const settling = Promise.allSettled([promise])
  const end = performance.now() + timeout
  for (;;) {
    const [result] = (await Promise.race([settling, pause(5)])) ?? []
    if (result) return result
    assertThat(performance.now() <= end, `${message} Waited ${timeout} ms.`)
    await advance?.()
  }
}
