import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AlreadyRunningError, CanceledError, TimeoutError } from '../records/errors.ts'
import type { RunContext } from './run-options.ts'
import { parseRecords } from '../schema/schema.ts'
import { showPipeline } from '../records/show-pipeline.ts'
import type { Sink } from '../tracker/sink.ts'
import {
  compareTasks,
  compareVersions,
  isActive,
  isFinished,
  isInSlot,
  isRemoved,
  type SlotTask,
  type TaskRecord,
  type TaskVersion,
} from '../records/task.ts'
import { assertLaw, oneOf } from '../testing.ts'
import { createTracker } from '../tracker/tracker.ts'

// --- what may happen -------------------------------------------------------------------------------------------------

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 })
const slot = oneOf('trailer', 'trailer', 'ada', 'bo')
/** Which one, counted from the last: mostly that itself. */
const which = oneOf(0, 0, 0, 0, 1, 2, 5)

/** How a call of the tracked function ends. */
const ending = oneOf(
  'value',
  'value',
  'error',
  'error',
  'hopeless',
  'abort',
  'busy',
  'wrong',
  'fine',
  'says-failed',
)

const trackCommand = fc.record({
  do: fc.constant('track' as const),
  slot,
  fn: oneOf('later', 'later', 'later', 'later', 'now', 'throws'),
  onConflict: maybe(oneOf('join', 'supersede', 'supersede', 'reject')),
  timeout: maybe(oneOf(50, 5_000, 45_000)),
  attemptTimeout: maybe(oneOf(2_000, 30_000)),
  retry: maybe(
    fc.record({
      attempts: fc.integer({ min: 1, max: 3 }),
      delay: maybe(oneOf(0, 2_000, 70_000)),
      when: maybe(oneOf('yes', 'yes', 'no', 'throws', 'cancels')),
      before: maybe(oneOf('passes', 'throws', 'cancels')),
    }),
  ),
  /** Rejects with the signal's reason when it is aborted, as fetch does. */
  isObedient: fc.boolean(),
  /** Asks for an id that is taken: then the call cannot be tracked, and goes on all the same. */
  takesId: fc.option(fc.constant(true), { nil: false, freq: 20 }),
  /** Names the slot's current task: where that has failed, the call is its next attempt. */
  triesAgain: fc.boolean(),
})
type Track = typeof trackCommand extends fc.Arbitrary<infer C> ? C : never

const status = oneOf('starting', 'processing', 'succeeded', 'failed', 'canceled', 'interrupted')
const action = fc.oneof(
  { weight: 8, arbitrary: trackCommand },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('settle' as const), which, ending }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      ms: oneOf(20, 20, 300, 3_000, 3_000, 100_000, 1_300_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('page' as const),
      event: oneOf('may-leave', 'left', 'returned', 'returned'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: oneOf('cancel', 'dismiss'), which, what: oneOf('task', 'slot', 'show') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('update' as const),
      which,
      status: fc.oneof(oneOf('processing', undefined), status),
      attempt: maybe(oneOf(1, 2, 3)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('hear' as const),
      which,
      status: fc.oneof(oneOf('succeeded', 'removed'), status),
      attempts: oneOf(0, 0, 1),
      rev: oneOf(0, 1, 5),
      by: oneOf('a', 'z'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('hear-of-another' as const), slot, status }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      which,
      what: oneOf('progress', 'stage', 'job', 'update', 'nextAttempt'),
    }),
  },
)
type Action = typeof action extends fc.Arbitrary<infer C> ? C : never

/** What happens, and for how many turns the promises then go on: -1 is as long as they can. */
const command = fc.tuple(action, oneOf(-1, -1, -1, 0, 1, 2, 5))
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never

// --- the world -------------------------------------------------------------------------------------------------------

type Outcome = { readonly value: unknown } | { readonly thrown: unknown }

/** `held`: it failed by the network, and is recorded once it is known whether the page was left. */
type Verdict = 'succeeded' | 'failed' | 'canceled' | 'interrupted' | 'held'

interface Call {
  readonly promise: Promise<unknown>
  readonly context: RunContext
  readonly startedAt: number
  settledAt: number
  /** How often the page had been left when it began. */
  departures: number
  /** Its attempt took too long: its end counts no more, except for a success. */
  isLate: boolean
  /** The page was left during it. */
  isLost: boolean
  /** The slot has had a newer task when it took too long. */
  isReplaced: boolean
  /** What it means that it has ended. */
  verdict: Verdict | undefined
  readonly finish: (ending: string, outcome: Outcome) => void
  ending: string | undefined
  outcome: Outcome | undefined
}

/** One call of `track` that has called its function. */
interface Tracked {
  readonly given: Track
  readonly context: RunContext
  /** Undefined when the call could not be tracked. */
  readonly taskId: string | undefined
  readonly deadline: number
  readonly calls: Call[]
  /** What `track` returned, and how that has settled. */
  returned: unknown
  outcome: Outcome | undefined
  stopped: 'in a call' | 'in a pause' | 'in between' | 'held' | undefined
  stopReason: unknown
  /** It was stopped after an attempt had taken too long, whose signal does not tell. */
  isStoppedUnseen: boolean
  /** `before` has failed. */
  hasNoNext: boolean
  /** The call that took too long and then succeeded before anything else had ended. */
  won: Call | undefined
  /** A call has settled, and the promises have not gone on for as long as they can since. */
  isInBetween: boolean
  /** Another writer has written its task. */
  isTouched: boolean
}

/** A call of `track` that has not called its function. */
interface Waiting {
  readonly promise: Promise<unknown>
  readonly taskId: string | undefined
  /** Whose promise it may share. */
  readonly owner: Tracked | undefined
  /** Undefined where both may be. */
  readonly isJoined: boolean | undefined
}

const slots = {
  trailer: { showId: 's', type: 'trailer' },
  ada: { showId: 's', type: 'portrait', characterId: 'ada' },
  bo: { showId: 's', type: 'portrait', characterId: 'bo' },
} as const

interface Rules {
  readonly promises: 'same' | 'derived'
  /** Whether events of the page are passed on. */
  readonly isWatched: boolean
  /** What throws whenever it is asked. */
  readonly faults: readonly string[]
}

/** What a tracker is given of the world; from `breakDown` on, the parts that are named throw. */
function createMachine(faults: readonly string[]) {
  const clock = { now: 1_000_000 }
  const timers = new Set<{ readonly due: number; readonly fire: () => void }>()
  let broken: readonly string[] = []
  let made = 0
  const use = (part: string) => {
    if (broken.includes(part)) throw new Error(`the ${part} is broken`)
  }
  const options = {
    clock: () => (use('clock'), clock.now),
    createId: () => (use('createId'), `t${(made += 1)}`),
    random: () => (use('random'), 0.5),
    schedule(fire: () => void, ms: number) {
      use('schedule')
      const timer = { due: clock.now + ms, fire }
      timers.add(timer)
      return () => {
        timers.delete(timer)
        use('undo')
      }
    },
  }
  const breakDown = () => {
    broken = faults
  }
  return { clock, timers, use, options, breakDown }
}

/** A tracker that is watched. */
function createWorld({ promises, faults, isWatched }: Rules) {
  const { clock, timers, use, options, breakDown } = createMachine(faults)
  const problems: unknown[] = []
  // What a sink or a function throws is caught by the tracker: it is kept for the end of the command.
  const check = (action: () => void) => {
    try {
      action()
    } catch (error) {
      problems.push(error)
    }
  }
  const newest = new Map<string, TaskVersion>()
  const written: string[] = []
  const sink: Sink = {
    write({ tasks, origin }) {
      for (const version of tasks) {
        const held = newest.get(version.id)
        if (held) check(() => expect(compareVersions(version, held)).toBeGreaterThan(0))
        newest.set(version.id, version)
        if (origin === 'local') written.push(version.id)
      }
      use('sink')
    },
  }
  const given = { by: 'me', takeOverAfter: 60_000, promises, sinks: [sink], ...options }
  const tracker = createTracker({ pipeline: showPipeline, ...given })
  if (isWatched) tracker.page('watched')
  const page = {
    isWatched,
    departures: 0,
    isLeft: false,
    mayLeaveAt: -Infinity,
    doubtUntil: -Infinity,
    events: 0,
  }
  for (const event of ['taskChanged', 'taskFinished', 'error'] as const)
    tracker.on(event, () => use('listener'))
  tracker.subscribe(() => use('listener'))
  breakDown()
  const tracked: Tracked[] = []
  const calls: Call[] = []
  const waiting: Waiting[] = []
  const isExact = faults.length === 0
  const seen = { newest, written, problems, tracked, calls, waiting }
  /** What the reason of a cancellation must say now. */
  const reason = /^/
  return { tracker, promises, page, clock, timers, check, isExact, reason, ...seen }
}
type World = ReturnType<typeof createWorld>

/** Lets promises and streams go on for as long as they can by themselves. */
async function quiet({ tracked }: Pick<World, 'tracked'>): Promise<void> {
  for (let turn = 0; turn < 6; turn += 1) await new Promise<void>((resolve) => void setImmediate(resolve))
  for (const one of tracked) one.isInBetween = false
}

const isAway = ({ page, clock }: World): boolean => page.isLeft || clock.now < page.doubtUntil

const taskOf = ({ tracker }: World, { taskId }: Tracked): TaskRecord | undefined =>
  taskId === undefined ? undefined : (tracker.getTask(taskId) as TaskRecord | undefined)

const isPending = (call: Call): boolean => call.outcome === undefined

/** Whether its run waits for it. */
const isOpen = (call: Call): boolean => isPending(call) && !call.isLate

/** Whether its last attempt took too long. Its caller still waits for the call. */
const isGivenUp = (one: Tracked): boolean => one.calls.at(-1)?.isLate === true && !goesOn(one)

/** Whether its failure waits for its record. */
const isHeld = ({ taskId, calls, outcome, stopped }: Tracked): boolean =>
  taskId !== undefined && calls.at(-1)?.verdict === 'held' && outcome !== undefined && stopped === undefined

/** Whether it may still write: neither stopped nor at its end. */
const isLive = (one: Tracked): boolean =>
  one.stopped === undefined &&
  one.won === undefined &&
  one.outcome === undefined &&
  (one.given.retry ? !isGivenUp(one) : one.calls.every(isPending))

const pick = <T>(list: Iterable<T>, place: number): T | undefined => {
  const all = [...list]
  return all.at(-1 - (place % all.length))
}

// --- a call of the tracked function ----------------------------------------------------------------------------------

function outcomeOf(kind: string): Outcome {
  const answer = (status: number) => ({
    value: new Response(JSON.stringify({ error: `code ${status}` }), { status }),
  })
  switch (kind) {
    case 'error':
      return { thrown: new Error('fetch failed') }
    case 'hopeless':
      return { thrown: Object.assign(new Error('no prompt'), { status: 400 }) }
    case 'abort':
      return { thrown: new DOMException('stopped', 'AbortError') }
    case 'busy':
      return answer(503)
    case 'wrong':
      return answer(400)
    case 'fine':
      return answer(200)
    default:
      return { value: { kind } }
  }
}

/** What the end of a call means, as section 6 of the design and decision 17 say. */
function verdictOf({ page, clock }: World, { departures }: Call, kind: string): Verdict {
  if (kind === 'value' || kind === 'fine') return 'succeeded'
  // Answers of the server.
  if (kind === 'busy' || kind === 'wrong' || kind === 'hopeless') return 'failed'
  if (page.isLeft || page.departures !== departures) return 'interrupted'
  if (kind === 'abort') return 'canceled'
  if (kind === 'says-failed') return 'failed'
  if (Math.abs(clock.now - page.mayLeaveAt) < 300) return 'interrupted'
  return page.isWatched ? 'held' : 'failed'
}

function startCall(world: World, one: Tracked, context: RunContext): Call {
  let settle!: { readonly resolve: (value: unknown) => void; readonly reject: (reason: unknown) => void }
  const promise = new Promise((resolve, reject) => {
    settle = { resolve, reject }
  })
  const call: Call = {
    promise,
    context,
    startedAt: world.clock.now,
    settledAt: Infinity,
    departures: world.page.departures,
    isLate: false,
    isLost: false,
    isReplaced: false,
    verdict: undefined,
    ending: undefined,
    outcome: undefined,
    finish(kind, outcome) {
      if (call.outcome) return
      if (call.isLate) finishLate(one, call, kind)
      else {
        call.verdict = verdictOf(world, call, kind)
        call.ending = kind
      }
      call.outcome = outcome
      call.settledAt = world.clock.now
      one.isInBetween = true
      if ('thrown' in outcome) settle.reject(outcome.thrown)
      else settle.resolve(outcome.value)
    },
  }
  if (one.given.isObedient) {
    const { signal } = context
    const obey = () => call.finish('error', { thrown: signal.reason as unknown })
    if (signal.aborted) obey()
    else signal.addEventListener('abort', obey)
  }
  one.calls.push(call)
  return call
}

/** A late success beats the timeout, where nothing else has ended. */
function finishLate(one: Tracked, call: Call, kind: string): void {
  if (kind !== 'value' && kind !== 'fine') return
  // Which one was first is left open.
  if (one.isInBetween || one.isTouched) one.isTouched = true
  else if (isLive(one)) one.won = call
}

function createTracked(world: World, given: Track, context: RunContext): Tracked {
  const { clock } = world
  const { id } = context.task
  const one: Tracked = {
    given,
    context,
    taskId: id === 'untracked' ? undefined : id,
    deadline: clock.now + limitOf(given),
    calls: [],
    returned: undefined,
    outcome: undefined,
    stopped: undefined,
    stopReason: undefined,
    isStoppedUnseen: false,
    hasNoNext: false,
    won: undefined,
    isInBetween: false,
    isTouched: false,
  }
  return one
}

/** How long the whole call may take. */
const limitOf = ({ timeout, attemptTimeout, retry }: Track): number =>
  Math.min(timeout ?? Infinity, retry ? Infinity : (attemptTimeout ?? Infinity))

/** Follows the signal of an attempt, which it may share with those before it. */
function watch(world: World, one: Tracked, { signal }: RunContext): void {
  const { tracker, clock, page, check, isExact } = world
  const isOnTime = (due: number) => (page.events === 0 ? clock.now === due : clock.now >= due)
  if (one.calls.some(({ context }) => context.signal === signal)) return
  signal.addEventListener('abort', () => {
    const reason = signal.reason as Error
    const last = one.calls.at(-1)
    const isExpiry = reason instanceof TimeoutError && /: attempt \d+ took/.test(reason.message)
    const isWon = /an earlier attempt succeeded/.test(reason.message)
    check(() => {
      if (!isExact || one.isInBetween) return
      expect(isWon || isLive(one) || isHeld(one)).toBe(true)
      expect([CanceledError, TimeoutError]).toContain(reason.constructor)
      if (isExpiry) expect(isOnTime(last!.startedAt + one.given.attemptTimeout!)).toBe(true)
      else if (reason instanceof TimeoutError) expect(isOnTime(one.deadline)).toBe(true)
      else if (!isWon) expect(reason.message).toMatch(world.reason)
    })
    const isLost = page.isLeft || page.departures !== last?.departures
    if (isExpiry && last) {
      const current = isExact ? tracker.getTask(slots[one.given.slot]) : undefined
      const isReplaced = current !== undefined && one.taskId !== undefined && current.id !== one.taskId
      Object.assign(last, { isLate: true, isLost, isReplaced, ending: 'timeout' })
    }
    if (isExpiry || isWon) return
    one.stopReason = reason
    if (last && isOpen(last)) last.isLost = isLost
    one.stopped = one.isInBetween
      ? 'in between'
      : isHeld(one)
        ? 'held'
        : one.calls.some(isOpen)
          ? 'in a call'
          : 'in a pause'
  })
}

// --- the commands ----------------------------------------------------------------------------------------------------

function optionsOf(world: World, given: Track, self: () => Tracked) {
  const { onConflict, timeout, attemptTimeout, takesId, slot, retry } = given
  const { attempts, delay, when, before } = retry ?? {}
  const [taken] = world.newest.keys()
  const ask = (kind: string): boolean => {
    self().hasNoNext = kind === 'throws'
    return answer(kind)
  }
  const answer = (kind: string): boolean => {
    if (kind === 'throws') throw new Error('mine')
    const { taskId } = self()
    if (kind === 'cancels' && taskId !== undefined) world.tracker.cancel(taskId)
    return kind !== 'no'
  }
  return {
    ...(slot === 'trailer' ? {} : { characterId: slot }),
    ...(onConflict && { onConflict }),
    ...(timeout && { timeout }),
    ...(attemptTimeout && { attemptTimeout }),
    ...(takesId && taken !== undefined && { id: taken }),
    ...(attempts && {
      retry: {
        attempts,
        ...(delay !== undefined && { delay: () => delay }),
        ...(when && { when: () => answer(when) }),
        ...(before && { before: async () => ask(before) }),
      },
    }),
    result: (value: unknown) =>
      (value as { kind?: string }).kind === 'says-failed' ? { status: 'failed' } : undefined,
  }
}

const attempt = (action: () => unknown): Outcome => {
  try {
    return { value: action() }
  } catch (thrown) {
    return { thrown }
  }
}

/** Milliseconds of silence after which an active task that nothing runs here is taken over. */
const stallOfPortraits = 300_000

const immediate = Object.freeze({ kind: 'immediate' })

/** A call that goes on although its slot has a newer task, which does not run here. */
function runBehind(
  { tracker, tracked }: World,
  slot: Track['slot'],
  current: TaskRecord | undefined,
): Tracked | undefined {
  const isMine = (one: Tracked) => isLive(one) && one.given.slot === slot
  if (current && isActive(current) && tracked.some((one) => isMine(one) && one.taskId === current.id))
    return undefined
  return tracked.find((one) => {
    const task = one.taskId === undefined ? undefined : tracker.getTask(one.taskId)
    // Its caller does not know yet that the page has cut it.
    const isCut = task?.status === 'interrupted' && one.calls.at(-1)?.verdict === 'interrupted'
    return isMine(one) && task !== undefined && !isFinished(task) && !isCut
  })
}

/** Calls `track`, and checks what it gives at once. */
function doTrack(world: World, given: Track): void {
  const { tracker, tracked, check, isExact } = world
  const target = slots[given.slot]
  const before = isExact ? (tracker.getTask(target) as TaskRecord | undefined) : undefined
  const behind = isExact ? runBehind(world, given.slot, before) : undefined
  const held = before && tracked.find((one) => one.taskId === before.id && isHeld(one) && !isFinished(before))
  const isMine = tracked.some((one) => one.taskId === before?.id && (isLive(one) || one.isInBetween))
  const silence = before ? world.clock.now - before.updatedAt : 0
  const isTakenOver =
    !held && !isMine && !behind && silence > (given.slot === 'trailer' ? 1_200_000 : stallOfPortraits)
  let one: Tracked | undefined
  const fn = (context: RunContext) => {
    one ??= createTracked(world, given, context)
    const self = one
    check(() => {
      expect(self.calls.length).toBeLessThan(given.retry?.attempts ?? 1)
      // Nothing is paid for that is done or given up.
      if (isExact) expect(['succeeded', 'canceled']).not.toContain(context.task.status)
      expect(self.stopped).toBeUndefined()
    })
    if (given.fn === 'throws') throw immediate
    if (given.fn === 'now') return immediate
    watch(world, self, context)
    const call = startCall(world, self, context)
    world.calls.push(call)
    return call.promise
  }
  const options = {
    ...optionsOf(world, given, () => one!),
    ...(given.triesAgain && before && { retryOf: before.id }),
  }
  const failed = given.triesAgain && (held || before?.status === 'failed') ? before : undefined
  // Earlier runs no longer own what they left.
  for (const other of tracked) if (failed && other.taskId === failed.id) other.isTouched = true
  const result = attempt(() =>
    tracker.show('s').track(target.type as 'trailer', fn as never, options as never),
  )
  if (isExact) {
    const isBusy =
      ((before !== undefined && isActive(before) && !held && !isTakenOver) || behind !== undefined) &&
      given.onConflict !== 'supersede'
    // Its failure was recorded at once.
    if (held) held.calls.at(-1)!.verdict = 'failed'
    check(() => expect(one === undefined).toBe(isBusy))
    if (one?.taskId !== undefined) {
      const { taskId } = one
      check(() => expect(taskId === before?.id).toBe(failed !== undefined))
      const first = given.fn === 'later' ? taskOf(world, one)?.attempt : undefined
      if (first !== undefined) check(() => expect(first).toBe(failed ? failed.attempt + 1 : 1))
    }
  }
  check(() => (one ? checkCalled(world, one, result) : checkNotCalled(world, given, before, behind, result)))
  if (one) tracked.push(one)
}

function checkCalled({ promises }: World, one: Tracked, result: Outcome): void {
  const { given, calls } = one
  if (given.fn !== 'later') one.outcome = result
  if (given.fn === 'throws') expect(result).toEqual({ thrown: immediate })
  else if (given.fn === 'now') expect((result as { value: unknown }).value).toBe(immediate)
  else {
    const { value } = result as { value: Promise<unknown> }
    one.returned = value
    if (promises === 'same' && !given.retry) expect(value).toBe(calls[0]!.promise)
    expect(value).toBeInstanceOf(Promise)
    value.then(
      (settled) => (one.outcome = { value: settled }),
      (thrown: unknown) => (one.outcome = { thrown }),
    )
  }
}

/** Joined, or refused. */
function checkNotCalled(
  { tracked, waiting, isExact, promises }: World,
  given: Track,
  before: TaskRecord | undefined,
  behind: Tracked | undefined,
  result: Outcome,
): void {
  const promise = (result as { value: Promise<unknown> }).value
  const own = tracked.findLast(({ taskId }) => taskId !== undefined && taskId === before?.id)
  const owner = behind ?? own
  const mayJoin = given.onConflict !== 'reject' && owner?.returned !== undefined && isLive(owner)
  const isJoined = isExact && !owner?.isInBetween ? mayJoin : undefined
  // Where promises are derived, one that is awaited too late counts as unhandled, as any promise of the language.
  if (promises === 'derived') promise.catch(() => {})
  // A task that runs behind a later one that has ended is what the error names.
  const running = before && isActive(before) ? before.id : (behind?.taskId ?? before?.id)
  waiting.push({ promise, taskId: running, owner, isJoined })
}

/** A caller that came second got what the first one got, a Response of its own, or was refused. */
async function checkSecond(
  { isExact, tracked, check }: World,
  { promise, taskId, owner, isJoined }: Waiting,
): Promise<void> {
  const outcome = await promise.then<Outcome, Outcome>(
    (value) => ({ value }),
    (thrown: unknown) => ({ thrown }),
  )
  const error = 'thrown' in outcome ? outcome.thrown : undefined
  const isRefused = error instanceof AlreadyRunningError
  check(() => {
    if (isJoined !== undefined) expect(isRefused).toBe(!isJoined)
    if (error instanceof AlreadyRunningError) {
      if (isExact) expect(error.taskId).toBe(taskId)
    } else {
      const firsts = isExact ? [owner!] : tracked
      expect(firsts.some((one) => isShared(outcome, one.outcome!))).toBe(true)
    }
  })
}

const isShared = (second: Outcome, first: Outcome): boolean => {
  if ('thrown' in first || 'thrown' in second) return isSame(second, first)
  const [a, b] = [first.value, second.value]
  if (!(a instanceof Response)) return a === b
  return b instanceof Response && a !== b && a.status === b.status && !b.bodyUsed
}

/** Fires what is due within some ms, in order, as a clock would. */
async function advance(world: World, ms: number): Promise<void> {
  const { clock, timers } = world
  const until = clock.now + ms
  await quiet(world)
  for (;;) {
    const [next] = [...timers].toSorted((a, b) => a.due - b.due)
    if (!next || next.due > until) break
    timers.delete(next)
    clock.now = Math.max(clock.now, next.due)
    next.fire()
    recordHeld(world, 'failed', ({ settledAt }) => clock.now >= settledAt + 300)
    await quiet(world)
  }
  clock.now = until
}

/** The failures that were held back until now are recorded. */
function recordHeld({ tracked }: World, verdict: Verdict, isMeant = (_call: Call) => true): void {
  for (const { calls } of tracked) {
    const last = calls.at(-1)
    if (last?.verdict === 'held' && isMeant(last)) last.verdict = verdict
  }
}

function tellPage(world: World, event: (Action & { do: 'page' })['event']): void {
  const { tracker, page, clock } = world
  page.events += 1
  if (event === 'left') page.departures += 1
  if (event !== 'may-leave') {
    page.isLeft = event === 'left'
    page.doubtUntil = -Infinity
  } else if (!page.isLeft) {
    page.mayLeaveAt = clock.now
    page.doubtUntil = clock.now + 2_000
  }
  if (event !== 'returned') recordHeld(world, 'interrupted')
  tracker.page(event)
}

function hear(world: World, heard: TaskVersion): void {
  const { tracker, tracked } = world
  for (const one of tracked) if (one.taskId === heard.id) one.isTouched = true
  attempt(() => tracker.merge(parseRecords({ tasks: [heard], shows: [] })))
}

function hearOf(world: World, { which, status, attempts, rev, by }: Action & { do: 'hear' }): void {
  const held = pick(world.newest.values(), which)
  if (!held || isRemoved(held)) return
  const { id, showId, updatedAt } = held
  const version = { rev: held.rev + rev, by }
  if (status === 'removed') hear(world, { id, showId, removed: true, updatedAt, ...version })
  else hear(world, { ...held, status, attempt: held.attempt + attempts, ...version })
}

/** Another tab begins the slot's next task. */
function hearOfAnother(world: World, { slot, status }: Action & { do: 'hear-of-another' }): void {
  const { newest, clock, tracked } = world
  // The slot's current task is another one from then on: what is tracked next is new work.
  for (const one of tracked) if (one.given.slot === slot) one.isTouched = true
  const startedAt =
    Math.max(clock.now, ...[...newest.values()].map((one) => ('startedAt' in one ? one.startedAt : 0))) + 1
  const times = { startedAt, updatedAt: startedAt }
  hear(world, { id: `other-${newest.size}`, ...slots[slot], status, attempt: 1, ...times, rev: 1, by: 'z' })
}

function update(
  { tracker, newest, tracked }: World,
  { which, status, attempt: number }: Action & { do: 'update' },
): void {
  const held = pick(newest.values(), which)
  if (!held) return
  for (const one of tracked) if (one.taskId === held.id) one.isTouched = true
  const patch = { ...(status && { status }), ...(number && { attempt: number }), stage: 'by hand' }
  attempt(() => tracker.updateTask(held.id, patch))
}

function end({ tracker, newest, tracked }: World, given: Action & { do: 'cancel' | 'dismiss' }): void {
  const held = pick(newest.values(), given.which)
  if (!held) return
  if (given.do === 'dismiss') for (const one of tracked) one.isTouched = true
  const slot = pick(Object.values(slots), given.which)!
  const filter = given.what === 'task' ? held.id : given.what === 'slot' ? slot : { showId: 's' }
  attempt(() => tracker[given.do](filter, 'enough'))
}

function say({ page }: World, one: Tracked, what: (Action & { do: 'say' })['what']): void {
  const { context, calls } = one
  const last = calls.at(-1)
  // A new attempt has not seen the page leave.
  if (what === 'nextAttempt' && isLive(one) && !calls[0]?.isLate && last && isOpen(last))
    last.departures = page.departures
  if (what === 'progress') context.progress(50)
  else if (what === 'stage') context.stage('half way')
  else if (what === 'job') context.job({ provider: 'p', id: 'j' })
  else if (what === 'update') context.update({ outputUrl: 'https://example.com/a.png' })
  else context.nextAttempt('again')
}

async function perform(world: World, given: Action): Promise<void> {
  switch (given.do) {
    case 'track':
      return doTrack(world, given)
    case 'settle':
      return pick(world.calls.filter(isPending), given.which)?.finish(given.ending, outcomeOf(given.ending))
    case 'advance':
      return advance(world, given.ms)
    case 'page':
      return tellPage(world, given.event)
    case 'hear':
      return hearOf(world, given)
    case 'hear-of-another':
      return hearOfAnother(world, given)
    case 'update':
      return update(world, given)
    case 'say': {
      const one = pick(world.tracked, given.which)
      return one && say(world, one, given.what)
    }
    default:
      return end(world, given)
  }
}

// --- what must hold --------------------------------------------------------------------------------------------------

const failing = new Set(['error', 'busy', 'says-failed', 'hopeless', 'wrong', 'timeout'])

/** Whether there is a next attempt after all calls have settled. */
function goesOn({ given: { retry }, calls, hasNoNext }: Tracked): boolean {
  const { ending = '', verdict, isLate, isLost, isReplaced } = calls.at(-1)!
  if (verdict === 'interrupted' || (isLate && isLost) || isReplaced || hasNoNext) return false
  if (!retry || calls.length >= retry.attempts || !failing.has(ending)) return false
  if (retry.when === undefined) return ending !== 'hopeless' && ending !== 'wrong'
  return retry.when === 'yes' || retry.when === 'cancels'
}

const isInPause = (one: Tracked): boolean =>
  one.given.retry !== undefined &&
  one.outcome === undefined &&
  one.stopped === undefined &&
  one.won === undefined &&
  one.calls.length > 0 &&
  !one.calls.some(isOpen) &&
  !isGivenUp(one)

/** The counts of the view are those of the tasks, counted once more. */
function checkCounts({ tracker }: World): void {
  const tasks = tracker.serialize().tasks.filter(isInSlot)
  const view = tracker.getPipeline('s')
  for (const type of ['trailer', 'portrait'] as const) {
    const latest = new Map<string | undefined, SlotTask>()
    const done = new Set<string | undefined>()
    for (const one of tasks.filter((task) => task.type === type).toSorted(compareTasks)) {
      latest.set(one.characterId, one)
      if (one.status === 'succeeded') done.add(one.characterId)
    }
    const count = (...statuses: string[]) =>
      [...latest.values()].filter((one) => !isRemoved(one) && statuses.includes(one.status)).length
    expect(view.step(type)).toMatchObject({
      total: type === 'trailer' ? 1 : latest.size,
      active: count('starting', 'processing'),
      completed: done.size,
      failed: count('failed'),
      canceled: count('canceled'),
      interrupted: count('interrupted'),
    })
  }
}

/** The status that its task must have reached. */
function reachedBy({ won, stopped, stopReason, calls }: Tracked): string | undefined {
  const last = calls.at(-1)!
  if (won) return 'succeeded'
  if (!stopped) return last.isLate ? (last.isLost ? 'interrupted' : 'failed') : last.verdict
  if (!(stopReason instanceof TimeoutError)) return 'canceled'
  return stopped === 'in a call' && last.isLost ? 'interrupted' : 'failed'
}

/** Finds what was stopped after an attempt had taken too long: no signal tells of that. */
function findStopped(world: World): void {
  for (const one of world.tracked) {
    const task = taskOf(world, one)
    if (one.taskId === undefined || one.stopped || one.won || !one.calls.at(-1)?.isLate) continue
    const isTimeout = world.clock.now >= one.deadline && task?.error?.code === 'timeout' && goesOn(one)
    // A task that is removed was canceled.
    if (task && task.status !== 'canceled' && !isTimeout) continue
    one.isStoppedUnseen = true
    one.stopped = goesOn(one) ? 'in a pause' : 'in a call'
    one.stopReason = new (isTimeout ? TimeoutError : CanceledError)('')
  }
}

/** What holds of one call when everything has come to rest. */
function checkAtRest(world: World, one: Tracked): void {
  const { outcome, calls, stopped, given, isTouched, deadline } = one
  const task = taskOf(world, one)
  const isTracked = one.taskId !== undefined
  if (isTracked && isLive(one)) {
    // Timers wait for a page that was left.
    if (!isAway(world)) expect(deadline).toBeGreaterThan(world.clock.now)
    expect(task && task.status !== 'canceled').toBe(true)
  }
  if (given.fn !== 'later') return
  const isAtEnd = given.retry === undefined || stopped !== undefined
  const waitsFor = (call: Call) =>
    isOpen(call) || (stopped === 'in a call' && call === calls.at(-1) && isPending(call))
  if (isAtEnd && !calls.some(waitsFor)) expect(outcome).toBeDefined()
  if (isTouched) return
  if (one.won) expect(outcome).toBeDefined()
  else if (calls.every((call) => !isPending(call)) && stopped === undefined) {
    if (goesOn(one)) expect(outcome).toBeUndefined()
    else expect(outcome).toBeDefined()
  }
  if (!isTracked) return
  expect(calls.length).toBeLessThanOrEqual(task!.attempt)
  if ((outcome === undefined && !isGivenUp(one)) || stopped === 'in between' || isHeld(one)) return
  expect(task!.status).toBe(reachedBy(one))
}

function checkTimers(world: World): void {
  const { timers, tracked, clock, page } = world
  const hasTimeout = (one: Tracked) => one.taskId !== undefined && limitOf(one.given) < Infinity
  const isTimed = ({ given }: Tracked) => given.retry !== undefined && given.attemptTimeout !== undefined
  const timeouts = tracked.filter((one) => hasTimeout(one) && isLive(one))
  const attempts = tracked.filter((one) => isTimed(one) && isLive(one) && one.calls.some(isOpen))
  const held = tracked.filter(isHeld)
  const all = [...timeouts, ...attempts, ...held, ...tracked.filter(isInPause)]
  const most = all.length + (clock.now < page.doubtUntil ? 1 : 0)
  expect(timers.size).toBeLessThanOrEqual(most)
  // One that was due waits for the page. What others recorded ends what is held, and the time of an attempt.
  const mayBeOver = all.filter((one) => one.isTouched && (isHeld(one) || isTimed(one)))
  if (!isAway(world)) expect(timers.size).toBeGreaterThanOrEqual(most - mayBeOver.length)
}

/** Of each slot at most one run of ours is at work, where no other writer wrote its tasks or began another. */
function checkOneEach(world: World): void {
  for (const slot of ['trailer', 'ada', 'bo']) {
    const running = world.tracked.filter((one) => {
      const task = taskOf(world, one)
      return one.given.slot === slot && !one.isTouched && task !== undefined && isActive(task)
    })
    expect(running.length).toBeLessThanOrEqual(1)
  }
}

const reasons: Partial<Record<Action['do'], RegExp>> = { track: /superseded/, cancel: /^enough$/ }

/** One command; then the promises go on for a while, and everything is looked at. */
async function step(world: World, [given, turns]: Command): Promise<void> {
  const { check, written, tracked, isExact, page } = world
  const isOver = (one: Tracked) => !isLive(one) && !isHeld(one) && !one.isInBetween
  // A task that is tried again goes on.
  const going = new Set(tracked.filter((one) => !isOver(one)).map(({ taskId }) => taskId))
  const over = tracked.map(({ taskId }) => taskId).filter((id) => !going.has(id))
  written.length = 0
  world.reason = reasons[given.do] ?? /was canceled|^canceled$/
  // Whether a failure was recorded before the page was left would depend on the turn.
  if (given.do === 'page' || (given.do === 'track' && page.isWatched)) await quiet(world)
  await perform(world, given)
  if (turns < 0) await quiet(world)
  else for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
  findStopped(world)
  if (!isExact) return
  check(() => {
    // What is over says nothing any more, whatever comes of its call.
    if (['settle', 'advance', 'say'].includes(given.do))
      for (const id of over) expect(written).not.toContain(id)
    checkCounts(world)
    checkOneEach(world)
    if (turns >= 0) return
    for (const one of tracked) checkAtRest(world, one)
    checkTimers(world)
  })
}

/** The caller got what the last call gave, or the reason of the stop where it was waiting for the next one. */
function checkOutcome({ isExact }: World, one: Tracked): void {
  const { outcome, calls, stopped, stopReason, given, won, isTouched } = one
  if (given.fn !== 'later') return
  const isOf = (call: Call) => call.outcome !== undefined && isSame(outcome!, call.outcome)
  const isLast = isOf(calls.at(-1)!)
  const isReason = one.isStoppedUnseen
    ? 'thrown' in outcome! && (outcome.thrown as Error).constructor === (stopReason as Error).constructor
    : stopReason !== undefined && isSame(outcome!, { thrown: stopReason })
  if (!isExact || stopped === 'in between' || (isTouched && calls.some(({ isLate }) => isLate)))
    expect(calls.some((call) => (call.isLate || isLast) && isOf(call)) || isReason).toBe(true)
  else if (won) expect(isOf(won)).toBe(true)
  else expect(stopped === 'in a pause' ? isReason : isLast).toBe(true)
}

const isSame = (a: Outcome, b: Outcome): boolean =>
  'thrown' in a ? 'thrown' in b && a.thrown === b.thrown : 'value' in b && a.value === b.value

/** Ends everything that still goes on. */
async function finish(world: World): Promise<void> {
  const { tracked, calls, timers, waiting, check } = world
  await step(world, [{ do: 'page', event: 'returned' }, -1])
  for (let turn = 0; turn < 20 && tracked.some(({ outcome }) => !outcome); turn += 1) {
    while (calls.some(isPending)) await step(world, [{ do: 'settle', which: 0, ending: 'value' }, -1])
    await step(world, [{ do: 'advance', ms: 100_000 }, -1])
  }
  // Failures that are held back.
  await step(world, [{ do: 'advance', ms: 300 }, -1])
  for (const one of waiting) await checkSecond(world, one)
  check(() => {
    expect(tracked.every(({ outcome }) => outcome)).toBe(true)
    for (const one of tracked) checkOutcome(world, one)
    expect(timers.size).toBe(0)
  })
}

// --- the laws --------------------------------------------------------------------------------------------------------

const unhandled: unknown[] = []
const onUnhandled = (reason: unknown) => void unhandled.push(reason)
beforeAll(() => void process.on('unhandledRejection', onUnhandled))
afterAll(() => void process.off('unhandledRejection', onUnhandled))

async function live(rules: Rules, commands: readonly Command[]): Promise<void> {
  const world = createWorld(rules)
  unhandled.length = 0
  for (const one of commands) {
    await step(world, one)
    if (world.problems.length > 0) throw world.problems[0]
  }
  await finish(world)
  if (world.problems.length > 0) throw world.problems[0]
  expect(unhandled).toEqual([])
}

describe('track', () => {
  const promises = oneOf('same', 'derived')
  const history = fc.array(command, { maxLength: 30, size: 'max' })

  const isWatched = fc.boolean()

  it('gives each caller its own, starts nothing twice and leaves nothing behind, whatever happens', () =>
    assertLaw(
      fc.asyncProperty(promises, isWatched, history, (promises, isWatched, commands) =>
        live({ promises, isWatched, faults: [] }, commands),
      ),
      { share: 0.4 },
    ))

  it('gives each caller its own when everything of the tracker is broken', () => {
    const faults = fc.subarray(['clock', 'createId', 'random', 'schedule', 'undo', 'sink', 'listener'], {
      minLength: 1,
    })
    return assertLaw(
      fc.asyncProperty(promises, isWatched, faults, history, (promises, isWatched, broken, commands) =>
        live({ promises, isWatched, faults: broken }, commands),
      ),
      { share: 0.2 },
    )
  })
})
