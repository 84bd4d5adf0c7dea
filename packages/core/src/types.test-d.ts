import { describe, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import {
  createTracker,
  definePipeline,
  extendPipeline,
  type Job,
  type ParsedSnapshot,
  type PipelineView,
  readySlots,
  type RetryPolicy,
  type RunContext,
  showPipeline,
  type Slot,
  type Snapshot,
  type StepType,
  type StepView,
  type Task,
  type TaskRecord,
  type TaskType,
  type Tracker,
  type TrackOptions,
} from './index.ts'
import type { Follow, FollowContext } from './provider.ts'
import { draft } from './draft.ts'
import { parseRecords, parseSnapshot } from './schema/schema.ts'
import {
  callsheetMatchers,
  type CallsheetMatchers,
  createTestTracker,
  script,
  simulate,
} from './test/test.ts'

const tracker = createTracker({ pipeline: showPipeline })
const show = tracker.show('s')

const storyboard = definePipeline({
  id: 'storyboard',
  steps: [
    { type: 'outline', label: 'Outline', per: 'show', metadata: z.object({ words: z.number() }) },
    {
      type: 'keyframe',
      label: 'Keyframes',
      per: 'beat',
      after: ['outline'],
      metadata: z.object({ seed: z.number(), style: z.enum(['ink', 'oil']) }),
    },
  ],
  extra: [{ type: 'zip' }, { type: 'still', per: 'beat' }],
})
const board = createTracker({ pipeline: storyboard })
const own = board.show('s')

// None of these is called: what they are made of is what is tested.
describe('track', () => {
  it('requires characterId exactly for the steps per character', () => {
    const calls = () => {
      show.track('portrait', () => 1, { characterId: 'ada' })
      show.track('trailer', () => 1)
      show.track('trailer', () => 1, {})
      show.track('trailer', () => 1, { timeout: 5, onConflict: 'supersede' })
      // @ts-expect-error -- whose portrait?
      show.track('portrait', () => 1)
      // @ts-expect-error -- whose portrait?
      show.track('portrait', () => 1, {})
      // @ts-expect-error -- whose portrait?
      show.track('portrait', () => 1, { timeout: 5 })
      // @ts-expect-error -- an id is a text
      show.track('portrait', () => 1, { characterId: 5 })
      // @ts-expect-error -- a trailer is of the whole show
      show.track('trailer', () => 1, { characterId: 'ada' })
      // @ts-expect-error -- no such way
      show.track('trailer', () => 1, { onConflict: 'merge' })
      // @ts-expect-error -- no such option
      show.track('trailer', () => 1, { timeOut: 5 })
    }
    expectTypeOf(calls).toBeFunction()
  })

  it('refuses a step that is misspelt', () => {
    const calls = () => {
      // @ts-expect-error -- portrait
      show.track('potrait', () => 1, { characterId: 'ada' })
      // @ts-expect-error -- trailer
      show.getPipeline().step('trailler')
      // @ts-expect-error -- trailer
      tracker.has({ showId: 's', type: 'trailler' }, 'done')
      // @ts-expect-error -- trailer
      show.setUnavailable(['trailler'])
      // @ts-expect-error -- trailer
      tracker.getTasks({ showId: 's', type: 'trailler' })
    }
    expectTypeOf(calls).toBeFunction()
  })

  it('gives exactly what the function gives', () => {
    const calls = {
      number: () => show.track('trailer', () => 1 as number),
      nothing: () => show.track('trailer', () => {}),
      response: () => show.track('trailer', ({ signal }) => fetch('/', { signal })),
      tuple: () => show.track('trailer', async () => [1, 'a'] as const),
      union: () => show.track('trailer', () => 1 as number | Promise<string>),
      never: () =>
        show.track('trailer', (): never => {
          throw new Error('no')
        }),
      generator: () =>
        show.track('trailer', async function* () {
          yield 1
        }),
    }
    expectTypeOf(calls.number).returns.toEqualTypeOf<number>()
    expectTypeOf(calls.nothing).returns.toEqualTypeOf<void>()
    expectTypeOf(calls.response).returns.toEqualTypeOf<Promise<Response>>()
    expectTypeOf(calls.tuple).returns.toEqualTypeOf<Promise<readonly [1, 'a']>>()
    expectTypeOf(calls.union).returns.toEqualTypeOf<number | Promise<string>>()
    expectTypeOf(calls.never).returns.toEqualTypeOf<never>()
    expectTypeOf(calls.generator).returns.toEqualTypeOf<AsyncGenerator<number, void, unknown>>()
  })

  it('tells the function of its run, and the result option of its awaited value', () => {
    const calls = () => {
      void show.track(
        'portrait',
        async (run) => {
          expectTypeOf(run.signal).toEqualTypeOf<AbortSignal>()
          expectTypeOf(run.attempt).toEqualTypeOf<number>()
          expectTypeOf(run.task).toExtend<TaskRecord>()
          // @ts-expect-error -- read only
          run.attempt = 2
          return { imageUrl: 'https://a.example/p.png' }
        },
        {
          characterId: 'ada',
          result: (value) => {
            expectTypeOf(value).toEqualTypeOf<{ imageUrl: string }>()
            return { outputUrl: value.imageUrl }
          },
        },
      )
    }
    expectTypeOf(calls).toBeFunction()
  })
})

describe('what is declared apart from the call', () => {
  const readUrl = (value: { readonly url: string }) => ({ outputUrl: value.url })
  const readAny = <V extends { readonly url: string }>(value: V, _again?: V) => ({ outputUrl: value.url })
  const paint = async (_signal: AbortSignal) => ({ url: 'https://a.example/p.png', seed: 1 })

  it('is a result function, which leaves the value its type', () => {
    const calls = {
      plain: () => show.track('trailer', async (run) => paint(run.signal), { result: readUrl }),
      generic: () => show.track('trailer', ({ signal }) => paint(signal), { result: readAny }),
      item: () => show.track('portrait', (run) => paint(run.signal), { result: readUrl, characterId: 'a' }),
      sync: () => show.track('trailer', (run) => ({ url: run.task.id }), { result: readUrl }),
      wrapped: () =>
        show.wrap(
          'trailer',
          async () => paint(new AbortController().signal),
          () => ({ result: readUrl }),
        ),
    }
    expectTypeOf(calls.plain).returns.resolves.toEqualTypeOf<{ url: string; seed: number }>()
    expectTypeOf(calls.generic).returns.resolves.toEqualTypeOf<{ url: string; seed: number }>()
    expectTypeOf(calls.item).returns.resolves.toEqualTypeOf<{ url: string; seed: number }>()
    expectTypeOf(calls.sync).returns.toEqualTypeOf<{ url: string }>()
    expectTypeOf(calls.wrapped).returns.returns.resolves.toEqualTypeOf<{ url: string; seed: number }>()
    const wrong = () =>
      // @ts-expect-error -- the value has no url
      show.track('trailer', async ({ attempt }) => ({ uri: String(attempt) }), { result: readUrl })
    expectTypeOf(wrong).toBeFunction()
  })

  it('is a policy for every step', () => {
    const retry: RetryPolicy = {
      attempts: 4,
      before: ({ update, lastError }) => update({ metadata: { because: lastError?.message ?? '' } }),
    }
    const calls = () => {
      void show.track('trailer', async () => 1, { retry })
      void own.track('keyframe', async () => 1, { beatId: 'one', retry })
      void own.track('outline', async () => 1, { retry })
      // @ts-expect-error -- of another step's metadata
      void own.track('outline', async () => 1, { retry: retry as RetryPolicy<{ seed: number }> })
    }
    expectTypeOf(calls).toBeFunction()
  })

  it('is a function of the run, for every step', () => {
    const halfWay = ({ progress }: RunContext) => progress(50)
    const calls = () => {
      show.track('trailer', halfWay)
      own.track('keyframe', halfWay, { beatId: 'one' })
    }
    expectTypeOf(calls).toBeFunction()
  })

  it('is a follow, whose answer is what result gives', () => {
    const calls = (follow: Follow, job: Job) => {
      void show.track('trailer', (run) => follow(job, run), { result: (patch) => patch })
      void own.track('keyframe', async (run) => follow(job, run), { beatId: 'one', result: (patch) => patch })
      void own.wrap(
        'outline',
        async () => follow(job, {} as FollowContext),
        () => ({ result: (patch) => patch }),
      )
    }
    expectTypeOf(calls).toBeFunction()
  })

  it('is options for a step that is not known yet', () => {
    const draw = <T extends TaskType<typeof showPipeline>>(
      type: T,
      options: TrackOptions<typeof showPipeline, T, Promise<Response>>,
    ) => show.track(type, () => fetch('/api/draw'), options)
    const maybe = {} as { readonly timeout: number } | undefined
    const calls = (step: StepType<typeof showPipeline>, some: 'trailer' | 'portrait') => {
      void draw('portrait', { characterId: 'ada' })
      void draw('trailer', {})
      show.track('trailer', () => 1, maybe)
      show.track(some, () => 1, { characterId: 'ada' })
      // @ts-expect-error -- it may be one that needs a character
      show.track(step, () => 1)
      // @ts-expect-error -- it may be one that needs a character
      show.track(some, () => 1)
      // @ts-expect-error -- whose portrait?
      show.track('portrait', () => 1, maybe)
    }
    expectTypeOf(calls).toBeFunction()
  })
})

describe('a tracker of any pipeline', () => {
  it('takes any step, with or without an item', () => {
    const calls = (any: Tracker, type: string) => {
      any.show('s').track('whatever', () => 1)
      any.show('s').track('whatever', () => 1, { characterId: 'ada', timeout: 5 })
      any.show('s').track(type, () => 1)
      any.addTask({ showId: 's', type: 'whatever', characterId: 'ada' })
    }
    expectTypeOf(calls).toBeFunction()
  })
})

describe('what cannot be followed', () => {
  it('is refused: it starts when it is awaited or read', () => {
    const calls = (query: PromiseLike<number>, stream: ReadableStream<string>) => {
      // @ts-expect-error -- a query builder runs when it is awaited
      show.track('trailer', () => query)
      // @ts-expect-error -- a stream ends when it was read
      show.track('trailer', () => stream, { timeout: 5 })
      // @ts-expect-error -- a generator runs when it is iterated
      show.wrap('trailer', function* () {
        yield 1
      })
      void show.track('trailer', async () => query)
      show.track('trailer', () => [1, 2])
      show.track('trailer', () => ({ next: '/page/2' }))
      show.track('trailer', () => new Map([['a', 1]]))
    }
    expectTypeOf(calls).toBeFunction()
  })
})

describe('unless', () => {
  it('says in the type that there may be no call', () => {
    const calls = {
      done: () => show.track('trailer', () => fetch('/'), { unless: 'done' }),
      always: () => show.track('trailer', () => fetch('/'), { timeout: 5 }),
    }
    expectTypeOf(calls.done).returns.toEqualTypeOf<Promise<Response> | undefined>()
    expectTypeOf(calls.always).returns.toEqualTypeOf<Promise<Response>>()
  })
})

describe('addTask', () => {
  it('gives the task of its step', () => {
    const calls = () => board.addTask({ showId: 's', type: 'keyframe', beatId: 'one', metadata: { seed: 1 } })
    expectTypeOf(calls).returns.toEqualTypeOf<Task<typeof storyboard, 'keyframe'> | undefined>()
  })
})

describe('wrap', () => {
  it('keeps the signature', () => {
    const calls = {
      poster: () =>
        show.wrap('library-poster', async (title: string, size?: number) => title.length + (size ?? 0)),
      portrait: () =>
        show.wrap(
          'portrait',
          (id: string, ...rest: number[]) => [id, rest] as const,
          (id) => ({ characterId: id }),
        ),
      bound: () =>
        show.wrap('trailer', function (this: { name: string }, more: string) {
          return this.name + more
        }),
    }
    expectTypeOf(calls.poster).returns.parameters.toEqualTypeOf<[title: string, size?: number | undefined]>()
    expectTypeOf(calls.poster).returns.returns.toEqualTypeOf<Promise<number>>()
    expectTypeOf(calls.portrait).returns.parameters.toEqualTypeOf<[id: string, ...rest: number[]]>()
    expectTypeOf(calls.portrait).returns.returns.toEqualTypeOf<readonly [string, number[]]>()
    expectTypeOf(calls.bound).returns.thisParameter.toEqualTypeOf<{ name: string }>()
  })

  it('requires options exactly where track does', () => {
    const calls = () => {
      // @ts-expect-error -- whose portrait?
      show.wrap('portrait', (id: string) => id)
      show.wrap(
        'portrait',
        (id: string) => id,
        // @ts-expect-error -- whose portrait?
        () => ({}),
      )
    }
    expectTypeOf(calls).toBeFunction()
  })
})

describe('an own pipeline', () => {
  it('knows its steps and extra tasks', () => {
    expectTypeOf<StepType<typeof storyboard>>().toEqualTypeOf<'outline' | 'keyframe'>()
    expectTypeOf<TaskType<typeof storyboard>>().toEqualTypeOf<'outline' | 'keyframe' | 'zip' | 'still'>()
    expectTypeOf(board).toEqualTypeOf<Tracker<typeof storyboard>>()
    const calls = () => {
      own.track('zip', () => 1)
      // @ts-expect-error -- an extra task is not a step
      own.getPipeline().step('zip')
      // @ts-expect-error -- of another pipeline
      own.track('trailer', () => 1)
    }
    expectTypeOf(calls).toBeFunction()
  })

  it('names its item by its own word', () => {
    const calls = () => {
      own.track('keyframe', () => 1, { beatId: 'b1' })
      own.track('still', () => 1, { beatId: 'b1' })
      board.addTask({ showId: 's', type: 'keyframe', beatId: 'b1' })
      board.has({ showId: 's', type: 'keyframe', beatId: 'b1' }, 'running')
      // @ts-expect-error -- which beat?
      own.track('keyframe', () => 1)
      // @ts-expect-error -- which beat?
      own.track('still', () => 1)
      // @ts-expect-error -- a beat is not a character
      own.track('keyframe', () => 1, { characterId: 'b1' })
      // @ts-expect-error -- an outline is of the whole show
      own.track('outline', () => 1, { beatId: 'b1' })
      // @ts-expect-error -- which beat?
      board.addTask({ showId: 's', type: 'keyframe' })
      // @ts-expect-error -- which beat?
      board.has({ showId: 's', type: 'keyframe' }, 'running')
      // @ts-expect-error -- which beat?
      board.getTask({ showId: 's', type: 'keyframe' })
    }
    expectTypeOf(calls).toBeFunction()
  })

  it('refuses a misspelt item wherever one is named', () => {
    const calls = () => {
      // @ts-expect-error -- beatId
      own.track('keyframe', () => 1, { beatID: 'b1' })
      own.wrap(
        'keyframe',
        (beat: string) => beat,
        // @ts-expect-error -- beatId
        (beat) => ({ beat }),
      )
      // @ts-expect-error -- beatId
      board.addTask({ showId: 's', type: 'keyframe', beat: 'b1' })
      // @ts-expect-error -- beatId
      board.getTask({ showId: 's', type: 'keyframe', beatid: 'b1' })
      // @ts-expect-error -- beatId
      board.has({ showId: 's', type: 'keyframe', beatID: 'b1' }, 'done')
      // @ts-expect-error -- beatId
      board.cancel({ showId: 's', type: 'keyframe', beatID: 'b1' })
      // @ts-expect-error -- beatId
      board.dismiss({ showId: 's', type: 'keyframe', beat: 'b1' })
    }
    expectTypeOf(calls).toBeFunction()
  })

  it('is what readySlots gives back, so that a slot can be looked up, canceled and begun', () => {
    const calls = () => {
      const [slot] = readySlots(storyboard, own.getPipeline())
      expectTypeOf(slot).toEqualTypeOf<Slot<typeof storyboard> | undefined>()
      if (!slot) return
      board.has(slot, 'tried')
      board.getTask(slot)
      board.cancel(slot)
      board.addTask(slot)
      if (slot.type === 'keyframe') {
        expectTypeOf(slot.beatId).toEqualTypeOf<string>()
        own.track(slot.type, () => 1, { beatId: slot.beatId })
      }
    }
    expectTypeOf(calls).toBeFunction()
  })

  it("types metadata by the step's schema", () => {
    const calls = () => {
      own.track('keyframe', ({ update }) => update({ metadata: { seed: 1 } }), {
        beatId: 'b1',
        metadata: { style: 'ink' },
      })
      own.track(
        'keyframe',
        ({ update }) => {
          // @ts-expect-error -- a seed is a number
          update({ metadata: { seed: 'one' } })
          update({
            metadata: (held) => {
              expectTypeOf(held).toEqualTypeOf<{ seed: number; style: 'ink' | 'oil' }>()
              return { ...held, seed: held.seed + 1 }
            },
          })
          update({
            metadata: draft<{ seed: number; style: 'ink' | 'oil' }>((held) => {
              held.seed += 1
            }),
          })
        },
        { beatId: 'b1' },
      )
      // @ts-expect-error -- no such style
      own.track('keyframe', () => 1, { beatId: 'b1', metadata: { style: 'pen' } })
      // @ts-expect-error -- of another step
      own.track('outline', () => 1, { metadata: { seed: 1 } })
      board.addTask({ showId: 's', type: 'outline', metadata: { words: 5 } })
      // @ts-expect-error -- words are counted
      board.addTask({ showId: 's', type: 'outline', metadata: { words: 'many' } })
      // Without a schema, any JSON object.
      own.track('zip', () => 1, { metadata: { files: ['a'] } })
      // @ts-expect-error -- no JSON
      own.track('zip', () => 1, { metadata: { files: () => 1 } })
    }
    expectTypeOf(calls).toBeFunction()
    type Keyframe = Task<typeof storyboard, 'keyframe'>
    expectTypeOf<Keyframe['metadata']>().toEqualTypeOf<{ seed: number; style: 'ink' | 'oil' } | undefined>()
    expectTypeOf<Keyframe['type']>().toEqualTypeOf<'keyframe'>()
    const lookUp = () => own.getPipeline().step('keyframe').task('b1')
    expectTypeOf(lookUp).returns.toEqualTypeOf<Keyframe | undefined>()
  })

  it('tells the types of its tasks apart', () => {
    const read = (task: Task<typeof storyboard>) => {
      if (task.type === 'keyframe') return task.metadata?.seed
      return task.type === 'outline' ? task.metadata?.words : undefined
    }
    expectTypeOf(read).returns.toEqualTypeOf<number | undefined>()
  })
})

describe('extendPipeline', () => {
  const extended = extendPipeline(showPipeline, {
    steps: { trailer: { metadata: z.object({ takes: z.number() }) }, portrait: { label: 'Head shots' } },
    extra: [{ type: 'zip' }],
  })

  it('knows the steps, items, metadata and extra tasks of both', () => {
    expectTypeOf<StepType<typeof extended>>().toEqualTypeOf<StepType<typeof showPipeline>>()
    expectTypeOf<TaskType<typeof extended>>().toEqualTypeOf<StepType<typeof showPipeline> | 'zip'>()
    const calls = () => {
      const it = createTracker({ pipeline: extended }).show('s')
      it.track('zip', () => 1)
      it.track('trailer', () => 1, { metadata: { takes: 1 } })
      it.track('portrait', () => 1, { characterId: 'ada', metadata: { model: 'm' } })
      // @ts-expect-error -- takes are counted
      it.track('trailer', () => 1, { metadata: { takes: 'one' } })
      // @ts-expect-error -- whose portrait?
      it.track('portrait', () => 1)
    }
    expectTypeOf(calls).toBeFunction()
  })

  it('keeps metadata that are not changed', () => {
    const again = extendPipeline(extended, { steps: { trailer: { label: 'Teaser' } } })
    type Trailer = Task<typeof again, 'trailer'>
    expectTypeOf<Trailer['metadata']>().toEqualTypeOf<{ takes: number } | undefined>()
  })

  it('refuses what cannot be changed', () => {
    const calls = () => {
      // @ts-expect-error -- portrait
      extendPipeline(showPipeline, { steps: { portait: { label: 'P' } } })
      // @ts-expect-error -- label
      extendPipeline(showPipeline, { steps: { portrait: { lable: 'P', weight: 2 } } })
      // @ts-expect-error -- its type is what its records are found by
      extendPipeline(showPipeline, { steps: { portrait: { type: 'picture' } } })
      // @ts-expect-error -- and so is its item
      extendPipeline(showPipeline, { steps: { portrait: { per: 'show' } } })
    }
    expectTypeOf(calls).toBeFunction()
  })
})

describe('the doors', () => {
  it('are the only way in', () => {
    const calls = (snapshot: Snapshot, text: string) => {
      tracker.restore(parseSnapshot(snapshot))
      tracker.merge(parseRecords(text))
      tracker.merge(parseSnapshot(text))
      // @ts-expect-error -- not parsed
      tracker.restore(snapshot)
      // @ts-expect-error -- not parsed
      tracker.merge(snapshot)
      // @ts-expect-error -- not parsed
      tracker.restore(JSON.parse(text) as object)
      // @ts-expect-error -- a set of records is not a snapshot
      tracker.restore(parseRecords(text))
      // @ts-expect-error -- looks alike, and did not come through a door
      tracker.restore({ tasks: [], shows: [], rejected: [], savedAt: 1 })
    }
    expectTypeOf(calls).toBeFunction()
    expectTypeOf(parseSnapshot).returns.toEqualTypeOf<ParsedSnapshot>()
  })

  it('give nothing that can be changed', () => {
    const change = (task: TaskRecord, view: PipelineView) => {
      // @ts-expect-error -- read only
      task.status = 'failed'
      // @ts-expect-error -- read only
      view.progress = 100
      // @ts-expect-error -- read only
      view.steps.push(view.steps[0]!)
      // @ts-expect-error -- read only
      view.steps[0]!.completed = 1
    }
    expectTypeOf(change).toBeFunction()
  })
})

describe('a view of a step', () => {
  it('of one pipeline stands for one of any', () => {
    const draw = (step: StepView) => step.tasks.map(({ type }) => type)
    expectTypeOf(draw(tracker.getPipeline('s').step('portrait'))).toEqualTypeOf<string[]>()
    expectTypeOf(tracker.getPipeline('s').steps.map(draw)).toEqualTypeOf<string[][]>()
    expectTypeOf(draw(board.getPipeline('s').step('keyframe'))).toEqualTypeOf<string[]>()
  })
})

describe('retry', () => {
  it('knows what failed, and the metadata of the step', () => {
    const calls = () =>
      own.track('keyframe', async () => 1, {
        beatId: 'one',
        retry: {
          attempts: 2,
          when: ({ kind }) => kind === 'rate-limit',
          delay: (attempt, { retryAfter = 0 }) => attempt + retryAfter,
          before: ({ attempt, lastError, update }) => {
            expectTypeOf(attempt).toEqualTypeOf<number>()
            expectTypeOf(lastError?.message).toEqualTypeOf<string | undefined>()
            expectTypeOf(update).parameter(0).toHaveProperty('stage')
          },
        },
      })
    // @ts-expect-error -- no such policy
    const wrong = () => show.track('trailer', async () => 1, { retry: { tries: 3 } })
    expectTypeOf([calls, wrong]).toBeArray()
  })
})

describe('the events', () => {
  it('carry what they are of', () => {
    const calls = () => {
      board.on('stepCompleted', ({ showId, type, step }) => {
        expectTypeOf(showId).toEqualTypeOf<string>()
        expectTypeOf(type).toEqualTypeOf<'outline' | 'keyframe'>()
        expectTypeOf(step.progress).toEqualTypeOf<number>()
      })
      board.on('taskChanged', ({ task, origin }) => {
        expectTypeOf(task).toEqualTypeOf<Task<typeof storyboard> | undefined>()
        expectTypeOf(origin).toEqualTypeOf<'local' | 'merge' | 'restore'>()
      })
      // @ts-expect-error -- no such event
      board.on('stepDone', () => {})
    }
    expectTypeOf(calls).toBeFunction()
  })
})

describe('the test kit', () => {
  it('lets a script name only steps that exist, with the items that they need', () => {
    const calls = () => {
      script(tracker)
        .succeeded('show-generation')
        .active('portrait', { characterId: 'ada', progress: 40 })
        .failed('trailer', { error: new Error('no') })
      script(board)
        .active('keyframe', { beatId: 'one', metadata: { seed: 1 } })
        .canceled('zip')
        .title('t')
      // @ts-expect-error -- portrait
      script(tracker).active('potrait', { characterId: 'ada' })
      // @ts-expect-error -- whose portrait?
      script(tracker).active('portrait')
      // @ts-expect-error -- whose portrait?
      script(tracker).active('portrait', { progress: 40 })
      // @ts-expect-error -- a trailer is of the whole show
      script(tracker).active('trailer', { characterId: 'ada' })
      // @ts-expect-error -- which beat?
      script(board).active('keyframe')
      // @ts-expect-error -- a beat is not a character
      script(board).active('keyframe', { characterId: 'one' })
      // @ts-expect-error -- a seed is a number
      script(board).active('keyframe', { beatId: 'one', metadata: { seed: 'one' } })
      // @ts-expect-error -- the word of the line says it
      script(board).active('zip', { status: 'failed' })
      // @ts-expect-error -- an extra task is not a step
      script(board).unavailable('zip')
    }
    expectTypeOf(calls).toBeFunction()
  })

  it("is of the eight steps, or of a pipeline of one's own", () => {
    const calls = async () => {
      expectTypeOf(createTestTracker().tracker).toEqualTypeOf<Tracker<typeof showPipeline>>()
      expectTypeOf(createTestTracker({ seed: 2 }).tracker).toEqualTypeOf<Tracker<typeof showPipeline>>()
      const { tracker: own, sink } = createTestTracker({ pipeline: storyboard })
      expectTypeOf(own).toEqualTypeOf<Tracker<typeof storyboard>>()
      sink.last({ showId: 's', type: 'keyframe', beatId: 'one' })
      sink.expect('task-1', 'succeeded')
      // @ts-expect-error -- which beat?
      sink.statuses({ showId: 's', type: 'keyframe' })
      // @ts-expect-error -- no such status
      sink.expect('task-1', 'done')
      const { view } = await simulate(storyboard, { faults: { fail: 0.1 } })
      expectTypeOf(view).toEqualTypeOf<PipelineView<typeof storyboard>>()
      // @ts-expect-error -- no such fault
      await simulate(storyboard, { faults: { fails: 0.1 } })
    }
    expectTypeOf(calls).toBeFunction()
  })

  it('has matchers with the types of the pipeline', () => {
    const calls = (expected: CallsheetMatchers, own: CallsheetMatchers<void, typeof storyboard>) => {
      expected.toHaveTask({ showId: 's', type: 'portrait', characterId: 'ada' }, 'failed')
      expected.toBeComplete()
      own.toBeComplete('keyframe')
      own.toHaveTask({ showId: 's', type: 'keyframe', beatId: 'one' })
      // @ts-expect-error -- whose portrait?
      expected.toHaveTask({ showId: 's', type: 'portrait' })
      // @ts-expect-error -- portrait
      expected.toBeComplete('potrait')
    }
    expectTypeOf(calls).toBeFunction()
    expectTypeOf(callsheetMatchers).toHaveProperty('toHaveTask')
  })
})

describe('a tracked function that cannot be observed', () => {
  const { show } = createTracker({ pipeline: showPipeline })
  const { track } = show('s')

  it('is refused: a query builder, an iterator, a stream, an iterable', () => {
    const query = {} as PromiseLike<number>
    // @ts-expect-error -- starts when it is awaited
    void track('trailer', () => query)
    // @ts-expect-error -- the same with options
    void track('portrait', () => query, { characterId: 'ada' })
    // @ts-expect-error -- or only sometimes
    void track('trailer', () => (Math.random() > 0.5 ? query : undefined))
    // @ts-expect-error -- starts when it is read
    void track('trailer', () => [1].values())
    // @ts-expect-error -- starts when it is read
    void track('trailer', () => new ReadableStream())
    // @ts-expect-error -- starts when it is read
    void track('trailer', () => ({}) as AsyncIterable<number>)
  })

  it('is taken in every other case, with its own type', () => {
    const rows = {} as PromiseLike<number>
    expectTypeOf(track('trailer', async () => rows)).toEqualTypeOf<Promise<number>>()
    expectTypeOf(track('trailer', () => ['ada'])).toEqualTypeOf<string[]>()
    expectTypeOf(track('trailer', () => new Map<string, number>())).toEqualTypeOf<Map<string, number>>()
    expectTypeOf(track('trailer', () => 'text')).toBeString()
    expectTypeOf(track('trailer', () => ({}) as unknown)).toBeUnknown()
    expectTypeOf(track('trailer', () => JSON.parse('1'))).toBeAny()
    expectTypeOf(track('trailer', () => fetch('/'))).toEqualTypeOf<Promise<Response>>()
    expectTypeOf(track('trailer', () => {})).toBeVoid()
    async function* steps(): AsyncGenerator<number, string, boolean> {
      yield 1
      return 'done'
    }
    expectTypeOf(track('trailer', steps)).toEqualTypeOf<AsyncGenerator<number, string, boolean>>()
    const wrapped = <T>(fn: () => Promise<T>) => track('trailer', fn)
    expectTypeOf(wrapped(async () => 5)).toEqualTypeOf<Promise<number>>()
  })

  it("may give nothing with unless: 'done'", () => {
    const call = () => Promise.resolve(1)
    expectTypeOf(track('trailer', call, { unless: 'done' })).toEqualTypeOf<Promise<number> | undefined>()
    expectTypeOf(track('trailer', call, { timeout: 5 })).toEqualTypeOf<Promise<number>>()
    expectTypeOf(track('portrait', call, { characterId: 'ada', unless: 'done' })).toEqualTypeOf<
      Promise<number> | undefined
    >()
  })
})
