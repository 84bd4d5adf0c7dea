import { CallsheetError } from './errors.ts'
import { shown } from './input.ts'
import type { RunOptions } from './run.ts'

const isFunction = (value: unknown) => typeof value === 'function'
/** Infinity means that there is no limit. */
const isDuration = (value: unknown) => typeof value === 'number' && value >= 0
const oneOf =
  (...values: unknown[]) =>
  (value: unknown) =>
    values.includes(value)

/** What an option must be, and how a message says it. */
type Check = readonly [isValid: (value: unknown) => boolean, expected: string]

const duration: Check = [isDuration, 'milliseconds from 0, or Infinity']
const someFunction: Check = [isFunction, 'a function']

const anything: Check = [() => true, '']

const checks: Readonly<Record<string, Check>> = {
  id: anything,
  retryOf: anything,
  metadata: anything,
  stage: anything,
  onConflict: [oneOf('join', 'supersede', 'reject'), "'join', 'supersede' or 'reject'"],
  unless: [oneOf('done'), "'done'"],
  timeout: duration,
  attemptTimeout: duration,
  result: someFunction,
  retry: [(value) => value !== null && typeof value === 'object', 'an object'],
}

const retryChecks: Readonly<Record<string, Check>> = {
  attempts: [(value) => typeof value === 'number' && value >= 1, 'a number from 1 to 100'],
  delay: someFunction,
  when: someFunction,
  before: someFunction,
  classify: someFunction,
}

/**
 * The options of a call, field by field: one that throws or is invalid is reported and left out, the rest applies.
 * Unknown ones are reported, except what names a slot. After any of these a failed call is not made again: what the
 * option would have limited is unknown.
 */
export function readOptions(given: object, tell: (error: unknown) => void): RunOptions<never, never> {
  let isRefused = false
  const report = (error: unknown) => {
    isRefused = true
    tell(error)
  }
  const options = read(given, ownNames(given, report), checks, 'option', report)
  const { retry } = options
  if (retry) {
    // Other fields of a policy that is an object of a class are its own.
    const own = isPlain(retry) ? ownNames(retry, report) : []
    const names = [...new Set([...Object.keys(retryChecks), ...own])]
    const policy = read(retry, names, retryChecks, 'option "retry":', report)
    // Methods of a policy that is an object of a class keep their `this`.
    for (const [name, value] of Object.entries(policy)) {
      if (typeof value === 'function') policy[name] = value.bind(retry)
    }
    if (isRefused) policy['attempts'] = 1
    options['retry'] = policy
  }
  return options
}

function isPlain(value: object): boolean {
  try {
    const prototype: unknown = Object.getPrototypeOf(value)
    return prototype === null || prototype === Object.prototype
  } catch {
    return false
  }
}

function ownNames(given: object, report: (error: unknown) => void): string[] {
  try {
    return Object.keys(given)
  } catch (error) {
    report(error)
    return []
  }
}

function read(
  given: object,
  names: readonly string[],
  rules: Readonly<Record<string, Check>>,
  what: string,
  report: (error: unknown) => void,
): Record<string, unknown> {
  const options: Record<string, unknown> = {}
  const refuse = (message: string) =>
    report(new CallsheetError(`${message}. The option is ignored.`, { code: 'invalid_option' }))
  for (const name of names) {
    try {
      const value = (given as Record<string, unknown>)[name]
      if (value === undefined || value === null) continue
      const isSlot = rules === checks && (name === 'type' || name.endsWith('Id'))
      const check = Object.hasOwn(rules, name) ? rules[name] : isSlot ? anything : undefined
      if (!check) refuse(`Unknown ${what} "${name}". Known options: ${Object.keys(rules).join(', ')}`)
      else if (check[0](value)) options[name] = value
      else refuse(`Invalid ${what} "${name}": expected ${check[1]}, got ${shown(value)}`)
    } catch (error) {
      report(error)
    }
  }
  return options
}
