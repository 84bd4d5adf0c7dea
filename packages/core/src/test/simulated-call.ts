import type { JsonObject } from '../records/json.ts'
import type { RunContext } from '../call/run-options.ts'
import { CallsheetError } from '../records/errors.ts'
import { shown } from '../write/input.ts'
import { lognormal } from './random.ts'

/** The rate of each fault, from 0 (never) to 1 (always). A call has at most one of the first five. */
export interface Faults {
  /** The share of calls that fail. Two thirds of these can be retried, one third is filtered content. */
  readonly fail: number
  /** The share of calls that are refused with HTTP 429 and a delay. */
  readonly rateLimit: number
  /** The share of calls that never respond, until the timeout, which is the step's `stallAfter`. */
  readonly hang: number
  /** The share of calls that are canceled midway. */
  readonly cancel: number
  /** The share of calls that are interrupted midway, until their next sign of life. */
  readonly interrupt: number
  /** The share of lines that are delivered again, some lines later. */
  readonly duplicate: number
  /** The share of lines that are delivered some lines late. */
  readonly reorder: number
}

/** The faults of a call, in the order in which they are drawn. */
const callFaults = ['fail', 'rateLimit', 'hang', 'cancel', 'interrupt'] as const

/** The fault of a call. */
export type CallFault = (typeof callFaults)[number]

const invalid = (what: string) => new CallsheetError(`simulate: invalid ${what}.`, { code: 'invalid_option' })

/** Throws for invalid rates. */
export function checkFaults(faults: Faults): void {
  for (const [name, rate] of Object.entries(faults)) {
    if (!(rate >= 0 && rate <= 1)) throw invalid(`faults.${name}: expected 0 to 1, got ${shown(rate)}`)
  }
  const sum = callFaults.reduce((all, name) => all + faults[name], 0)
  // Sums of decimals are not exact.
  if (sum > 1 + 1e-9) throw invalid(`faults: the rates of calls must add up to at most 1, got ${sum}`)
}

/** The course of one call of a provider, drawn before it begins. */
interface CallPlan {
  readonly fault: CallFault | undefined
  /** Its duration in ms without faults. */
  readonly duration: number
  /** The number of progress updates. */
  readonly parts: number
  /** The update after which the fault occurs. */
  readonly worst: number
  readonly hasJob: boolean
  /** Selects the form of the fault, 0 to under 1. */
  readonly form: number
}

/** Draws a call around a median duration in ms. The number of draws is always the same. */
export function planCall(random: () => number, median: number, faults: Faults): CallPlan {
  let share = random()
  const fault = callFaults.find((name) => (share -= faults[name]) < 0)
  const drawn = lognormal(random, median, 0.5)
  const duration = Math.round(Math.min(5 * median, Math.max(median / 5, drawn)))
  const parts = 2 + Math.floor(4 * random())
  const worst = Math.floor(parts * random())
  return { fault, duration, parts, worst, hasJob: random() < 0.5, form: random() }
}

/** The effects of a simulated call on its environment. */
export interface CallHost {
  /** Resolves after ms; rejects with the signal's reason if it is aborted first. Without ms, it only rejects. */
  readonly wait: (signal: AbortSignal, ms?: number) => Promise<void>
  /** Cancels the task. */
  readonly cancel: (taskId: string) => void
  /** Interrupts the task. */
  readonly interrupt: (taskId: string) => void
}

const stages = ['queued', 'sketching', 'rendering', 'upscaling', 'saving']

/** Simulates a provider: a job handle, stages and progress, and then a URL or a fault. */
export async function performCall(
  plan: CallPlan,
  run: RunContext<JsonObject>,
  host: CallHost,
): Promise<{ readonly url: string }> {
  const { signal, task } = run
  const name = `${task.id}-${run.attempt}`
  if (plan.fault === 'rateLimit') throw rateLimited(plan.form)
  if (plan.hasJob) run.job({ provider: 'simulated', id: `job-${name}` })
  const wait = plan.duration / (plan.parts + 1)
  for (let part = 0; part < plan.parts; part += 1) {
    await host.wait(signal, wait)
    // The status is the sign of life that revives an interrupted task.
    run.update({
      status: 'processing',
      stage: stages[part]!,
      progress: Math.round((100 * (part + 1)) / (plan.parts + 1)),
    })
    if (part !== plan.worst) continue
    if (plan.fault === 'fail') throw broken(plan.form)
    if (plan.fault === 'hang') await host.wait(signal)
    if (plan.fault === 'cancel') host.cancel(task.id)
    if (plan.fault === 'interrupt') host.interrupt(task.id)
  }
  await host.wait(signal, wait)
  return { url: `https://simulated.example/${name}.png` }
}

const rateLimited = (form: number): Error =>
  Object.assign(new Error('Too many requests'), { status: 429, body: { retry_after: Math.ceil(30 * form) } })

function broken(form: number): Error {
  if (form < 1 / 3) return Object.assign(new Error('The model is overloaded'), { status: 503 })
  if (form < 2 / 3) return new TypeError('fetch failed')
  return Object.assign(new Error('The prompt was flagged as violent'), { status: 400 })
}
