import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import {
  CallsheetError,
  createTracker,
  isStale,
  showPipeline,
  type ShowPipeline,
  type Tracker,
} from '@callsheet/core'
import { summarize } from '@callsheet/core/summarize'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { folderFor } from '../tools/type-check.ts'
import { playDocument, showId } from './mission/document.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

function setUp() {
  let time = 1_764_500_000_000
  const now = () => time
  const tracker = createTracker({ pipeline: showPipeline, clock: now })
  return { tracker, now, pass: (ms: number) => void (time += ms) }
}

const stepsOf = (tracker: Tracker<ShowPipeline>) =>
  Object.fromEntries(
    tracker
      .getPipeline(showId)
      .steps.map((step) => [step.type, `${step.status} ${step.completed}/${step.total}`]),
  )

const allButTheFirst = {
  'character-seeds': 'succeeded 1/1',
  'character-dossier': 'succeeded 3/3',
  portrait: 'succeeded 3/3',
  video: 'failed 2/3',
  'portrait-grid': 'succeeded 1/1',
  'library-poster': 'succeeded 1/1',
  trailer: 'succeeded 1/1',
}

describe("an application's own objects, for a whole show", () => {
  it('with the mistake of its document, an update under another id: says so, and shows the step as still running', () => {
    const world = setUp()
    const { tracker, now, pass } = world
    const errors: Error[] = []
    tracker.on('error', ({ error }) => errors.push(error))
    const texts: [what: string, text: string, progress: number][] = []
    const { firstShowId, firstId } = playDocument(
      {
        ...world,
        after(what, id) {
          const view = tracker.getPipeline(id)
          texts.push([what, summarize(view), view.progress])
        },
      },
      { keepsId: false },
    )

    expect(errors).toHaveLength(1)
    expect(errors[0]).toBeInstanceOf(CallsheetError)
    expect(errors[0]).toMatchObject({
      code: 'unknown_task',
      message:
        'updateTask ignored: unknown task "show-gen-1764500040000". Use the id that addTask was given or returned.',
    })

    expect(texts).toEqual([
      ['show-generation begun', 'Show Blueprint', 0],
      ['show-generation updated', 'Show Blueprint', 0],
      ['renamed', 'Show Blueprint', 0],
      ['character-seeds', 'Show Blueprint', 14],
      ['character-dossier', 'Show Blueprint', 28],
      ['portrait', 'Show Blueprint', 42],
      ['video', 'Show Blueprint, one failed', 45],
      ['portrait-grid', 'Show Blueprint, one failed', 58],
      ['library-poster', 'Show Blueprint, one failed', 70],
      ['trailer', 'Show Blueprint, one failed', 83],
    ])
    expect(stepsOf(tracker)).toEqual({ 'show-generation': 'active 0/1', ...allButTheFirst })
    const view = tracker.getPipeline(showId)
    expect(view).toMatchObject({ status: 'active', active: 1, failed: 1, completedSteps: 6, totalSteps: 8 })
    expect(view.step('video').errors).toMatchObject([{ characterId: 'cy', message: 'Content filter' }])

    // The temporary id and the one that followed are one show.
    expect(tracker.getPipeline(firstShowId)).toBe(view)
    expect(tracker.getPipelines()).toEqual([view])

    // The task that was never ended is neither hidden nor given up: it is silent, and its true end still counts.
    const first = tracker.getTask(firstId)!
    expect(first.status).toBe('processing')
    expect(isStale(first, now(), showPipeline)).toBe(true)
    pass(5_000)
    tracker.updateTask(firstId, { status: 'succeeded', completedAt: now() })
    expect(stepsOf(tracker)['show-generation']).toBe('succeeded 1/1')
    expect(summarize(tracker.getPipeline(showId))).toBe('Character Videos failed: 1 of 3 (Content filter)')
  })

  it('with one id for each task: ends complete, once what failed was made again', () => {
    const world = setUp()
    const { tracker, now } = world
    const errors: Error[] = []
    tracker.on('error', ({ error }) => errors.push(error))
    const { firstId } = playDocument(world, { keepsId: true })
    expect(errors).toEqual([])
    expect(stepsOf(tracker)).toEqual({ 'show-generation': 'succeeded 1/1', ...allButTheFirst })
    expect(tracker.getTask(firstId)).toMatchObject({
      showId: expect.stringMatching(/^show-/),
      completedAt: 1_764_500_040_000,
      metadata: { prompt: 'A duel at dawn' },
    })

    const again = { type: 'video', showId, characterId: 'cy', stepNumber: 5 } as const
    tracker.addTask({ ...again, id: `video-cy-${now()}`, status: 'succeeded', completedAt: now() })
    expect(tracker.getPipeline(showId)).toMatchObject({
      status: 'succeeded',
      progress: 100,
      completedSteps: 8,
    })
    expect(summarize(tracker.getPipeline(showId))).toBe('Done')
  })

  it('that adds a task twice: says so, and keeps the first', () => {
    const { tracker } = setUp()
    const errors: Error[] = []
    tracker.on('error', ({ error }) => errors.push(error))
    const task = { id: 'trailer-1', type: 'trailer', showId, status: 'starting', stepNumber: 8 } as const
    tracker.addTask({ ...task, metadata: { model: 'film-2' } })
    expect(tracker.addTask({ ...task, metadata: { model: 'film-3' } })).toBeUndefined()
    expect(errors).toMatchObject([{ code: 'duplicate_id' }])
    expect(tracker.getTask('trailer-1')?.metadata).toEqual({ model: 'film-2' })
  })
})

/** Runs code of a page as a module of its own, and gives what it exports. */
async function play<T>(page: string, pick: (block: string) => boolean, name: string): Promise<T> {
  const text = readFileSync(path.resolve(import.meta.dirname, '..', page), 'utf8')
  const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code!).filter(pick)
  const file = path.join(folderFor('docs-flow'), `${path.dirname(page)}-flow.ts`)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, `${blocks.join('\n')}\nexport { ${name} as tracker }\n`)
  return ((await import(file)) as { readonly tracker: T }).tracker
}

describe('the flow of the guide', () => {
  it('leaves no step pending that it has passed', async () => {
    const calls: string[] = []
    vi.stubGlobal('fetch', async (url: string) => {
      calls.push(url)
      return Response.json({
        characters: [
          { id: 'ada', name: 'Ada' },
          { id: 'bo', name: 'Bo' },
        ],
      })
    })
    const isFlow = (block: string) => block.includes('/api/generate')
    const tracker = await play<Tracker<ShowPipeline>>('docs/guide/README.md', isFlow, 'studio')
    expect(calls[0]).toBe('/api/generate')
    expect(tracker.getPipeline('neon-noir').characters).toHaveLength(2)
    expect(stepsOf(tracker)).toMatchObject({
      'show-generation': 'succeeded 1/1',
      'character-seeds': 'succeeded 1/1',
      portrait: 'succeeded 2/2',
    })
  })
})

describe("the README's slow calls", () => {
  it('are paid for once for each attempt, and end with the result', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const paid: string[] = []
    vi.stubGlobal('fetch', async (url: string, init?: RequestInit) => {
      if (init?.method === 'POST') return Response.json({ jobId: `j${paid.push(init.body as string)}` })
      const isGood = /[24]$/.test(url)
      return Response.json(
        isGood
          ? { status: 'done', url: `https://x.test/${paid.length}.png` }
          : { status: 'failed', error: 'blood' },
      )
    })
    const isCase = (block: string) => block.includes('/api/portraits')
    const playing = play<Tracker<ShowPipeline>>('README.md', isCase, 'tracker')
    const over = playing.then(() => true)
    const turn = async () => void (await vi.advanceTimersByTimeAsync(1_000))
    while (!(await Promise.race([over, turn()]))) continue
    const { slots } = (await playing).getPipeline('neon-noir').step('portrait')
    expect(slots.map(({ status, task, result }) => [status, task?.attempt, result?.outputUrl])).toEqual([
      ['succeeded', 2, 'https://x.test/2.png'],
      ['succeeded', 2, 'https://x.test/4.png'],
    ])
    const why = 'without: blood'
    expect(paid).toEqual(['Ada at dawn', `Ada at dawn, ${why}`, 'Bo at dawn', `Bo at dawn, ${why}`])
  })
})
