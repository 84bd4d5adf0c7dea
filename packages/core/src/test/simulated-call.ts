import type { JsonObject } from '../records/json.ts'
import type { RunContext } from '../call/options.ts'
import { lognormal } from './random.ts'

/** How often each thing goes wrong, from 0 (never) to 1 (always). One call meets at most one of the first five. */
export interface Faults {
  /** Of the calls: it breaks off. Two thirds of these are tried again, a third is filtered content, which is not. */
  readonly fail: number
  /** Of the calls: it is refused with HTTP 429 and a time to wait. */
  readonly rateLimit: number
  /** Of the calls: it never answers, until the timeout of its step, which is the step's `stallAfter`. */
  readonly hang: number
  /** Of the calls: somebody cancels it midway. */
  readonly cancel: number
  /** Of the calls: it is lost sight of midway, until its next sign of life. */
  readonly interrupt: number
  /** Of the lines: it is delivered a second time, some lines later. */
  readonly duplicate: number
  /** Of the lines: it is delivered some lines too late. */
  readonly reorder: number
}

/** What a call can meet, in the order in which it is drawn. */
const callFaults = ['fail', 'rateLimit', 'hang', 'cancel', 'interrupt'] as const

/** What went wrong with a call. */
export type CallFault = (typeof callFaults)[number]

/** Throws a RangeError when the rates are none. */
export function checkFaults(faults: Faults): void {
  for (const [name, rate] of Object.entries(faults)) {
    if (!(rate >= 0 && rate <= 1)) throw new RangeError(`simulate: faults.${name} is ${rate}; give 0 to 1.`)
  }
  const sum = callFaults.reduce((all, name) => all + faults[name], 0)
  // Sums of decimals are a little off.
  if (sum > 1 + 1e-9) throw new RangeError(`simulate: the faults of calls add up to ${sum}; give at most 1.`)
}

/** What will happen to one call of a provider, known before it begins. */
interface CallPlan {
  readonly fault: CallFault | undefined
  /** Ms that it takes when nothing goes wrong. */
  readonly duration: number
  /** How often it tells its progress. */
  readonly parts: number
  /** After which of these it goes wrong. */
  readonly worst: number
  readonly hasJob: boolean
  /** 0 to under 1: which of a fault's forms. */
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

/** What a simulated call may do to the world around it. */
export interface CallHost {
  /** Rejects with the signal's reason when that is aborted first; without ms, only so. */
  readonly wait: (signal: AbortSignal, ms?: number) => Promise<void>
  /** Somebody cancels the task. */
  readonly cancel: (taskId: string) => void
  /** Somebody loses sight of the task. */
  readonly interrupt: (taskId: string) => void
}

const stages = ['queued', 'sketching', 'rendering', 'upscaling', 'saving']

/** Plays a provider: a handle, stages and progress, and then an address, or what goes wrong on the way. */
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
    // Saying the status is the sign of life that a task needs which was lost sight of.
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
