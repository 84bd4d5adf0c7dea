import { describe, expect, it } from 'vitest'
import { typeCheck } from '../tools/type-check.ts'

const prelude = `import { createTracker, definePipeline, extendPipeline, showPipeline } from '@callsheet/core'
import type { StandardSchema } from '@callsheet/core/provider'
import { script } from '@callsheet/core/test'
import { createTrackedFetch } from '@callsheet/http-adapter'
import { createHooks, usePipeline, useStep, useTask, useTrack } from '@callsheet/react'

interface KeyframeMetadata { readonly seed: number }

const storyboard = definePipeline({
  id: 'storyboard',
  steps: [
    { type: 'outline', label: 'Outline', per: 'show' },
    { type: 'keyframe', label: 'Keyframes', per: 'beat', metadata: {} as StandardSchema<KeyframeMetadata> },
  ],
})
const tracker = createTracker({ pipeline: showPipeline })
const show = tracker.show('neon-noir')
const board = createTracker({ pipeline: storyboard })
const scene = board.show('neon-noir')
const tracked = createTrackedFetch({ tracker })
const hooks = createHooks(storyboard)
const showId = 'neon-noir'
const draw = (id: string) => fetch('/api/draw/' + id)
const fields = [extendPipeline, script, usePipeline, useStep, useTask, useTrack, show, scene, board, tracked, hooks, showId, draw, tracker]
export type Fields = typeof fields
`

const steps =
  '"character-dossier" | "character-seeds" | "library-poster" | "portrait" | "portrait-grid" | "show-generation" | "trailer" | "video"'
const missing = (field: string, step: string) => [`Property '${field}' is missing in type`, `"${step}"`]
const perShow = 'trailer runs once per show and takes no characterId'
const perCharacter = 'portrait runs once per character: add { characterId } as the last argument'
const noJson = [
  "Type '() => number' is not assignable to type 'Json | undefined'.",
  /takes: \(\) => 1 .*\n +~+\n/,
]
// The compiler underlines the very field.
const noNumber = ["Type 'string' is not assignable to type 'number'.", /seed: 'seven' .*\n +~~~~\n/]

/** What is written wrongly, and what the compiler's words must then hold. */
const mistakes: Readonly<
  Record<string, Readonly<Record<string, readonly [code: string, ...(string | RegExp)[]]>>>
> = {
  'a misspelt step': {
    track: [`show.track('trailr', () => fetch('/x'))`, '"trailr"', steps],
    'track with options': [
      `show.track('portait', () => fetch('/x'), { characterId: 'ada' })`,
      '"portait"',
      steps,
    ],
    wrap: [`show.wrap('trailr', draw)`, '"trailr"', steps],
    'wrap with options': [
      `show.wrap('portait', draw, (characterId) => ({ characterId }))`,
      '"portait"',
      steps,
    ],
    useTrack: [
      `export const useIt = () => useTrack('portait', draw, (characterId) => ({ showId, characterId }))`,
      '"portait"',
      steps,
    ],
    useTask: [
      `export const useIt = () => useTask({ showId, type: 'portait', characterId: 'ada' })`,
      '"portait"',
      steps,
      `Did you mean '"portrait"'?`,
    ],
    useStep: [`export const useIt = () => useStep(showId, 'portait')`, '"portait"', steps],
    'the step of a view': [
      `export const useIt = () => usePipeline(showId).step('portait')`,
      '"portait"',
      steps,
    ],
    addTask: [
      `tracker.addTask({ showId, type: 'portait', characterId: 'ada' })`,
      '"portait"',
      steps,
      `Did you mean '"portrait"'?`,
    ],
    has: [`tracker.has({ showId, type: 'trailr' }, 'done')`, '"trailr"', steps],
    setFacts: [
      `show.setFacts({ done: { trialer: true } })`,
      `'trialer' does not exist in type 'DoneSteps<`,
      `Did you mean to write 'trailer'?`,
    ],
    setUnavailable: [`show.setUnavailable(['trialer'])`, '"trialer"', steps],
    'the facts of a script': [
      `script(tracker).facts({ trialer: true })`,
      `'trialer' does not exist in type 'DoneSteps<`,
      `Did you mean to write 'trailer'?`,
    ],
    'a route': [
      `createTrackedFetch({ tracker, routes: { 'POST /x': { type: 'trailr', scope: () => ({ showId }) } } })`,
      '"trailr"',
      steps,
    ],
    'fetch.for': [`tracked.for({ showId, type: 'portait', characterId: 'ada' })`, '"portait"', steps],
    'a script': [`script(tracker).active('trailr')`, '"trailr"', steps],
    extendPipeline: [
      `extendPipeline(showPipeline, { steps: { portait: { label: 'Head shots' } } })`,
      'portait is an unknown step',
    ],
    "a pipeline of one's own": [
      `scene.track('keyfram', draw, { beatId: 'one' })`,
      '"keyfram"',
      '"keyframe" | "outline"',
    ],
  },
  'a missing characterId': {
    track: [`show.track('portrait', () => fetch('/x'))`, perCharacter],
    'track with options': [
      `show.track('portrait', () => fetch('/x'), { timeout: 5 })`,
      ...missing('characterId', 'portrait'),
    ],
    wrap: [`show.wrap('portrait', draw)`, perCharacter],
    'wrap with options': [
      `show.wrap('portrait', draw, () => ({ timeout: 5 }))`,
      ...missing('characterId', 'portrait'),
    ],
    useTrack: [
      `export const useIt = () => useTrack('portrait', draw, { showId })`,
      ...missing('characterId', 'portrait'),
    ],
    'useTrack with a function': [
      `export const useIt = () => useTrack('portrait', draw, () => ({ showId }))`,
      ...missing('characterId', 'portrait'),
    ],
    useTask: [
      `export const useIt = () => useTask({ showId, type: 'portrait' })`,
      ...missing('characterId', 'portrait'),
    ],
    addTask: [`tracker.addTask({ showId, type: 'portrait' })`, ...missing('characterId', 'portrait')],
    has: [`tracker.has({ showId, type: 'portrait' }, 'done')`, ...missing('characterId', 'portrait')],
    'a route': [
      `createTrackedFetch({ tracker, routes: { 'POST /x': { type: 'portrait', scope: () => ({ showId }) } } })`,
      ...missing('characterId', 'portrait'),
    ],
    'fetch.for': [`tracked.for({ showId, type: 'portrait' })`, ...missing('characterId', 'portrait')],
    'a script': [`script(tracker).active('portrait')`, perCharacter],
    "a pipeline of one's own": [
      `scene.track('keyframe', () => draw('one'))`,
      'keyframe runs once per beat: add { beatId } as the last argument',
    ],
  },
  'a characterId for a step that runs once per show': {
    track: [`show.track('trailer', () => fetch('/x'), { characterId: 'ada' })`, perShow],
    wrap: [`show.wrap('trailer', draw, (characterId) => ({ characterId }))`, perShow],
    useTrack: [
      `export const useIt = () => useTrack('trailer', draw, { showId, characterId: 'ada' })`,
      perShow,
    ],
    useTask: [`export const useIt = () => useTask({ showId, type: 'trailer', characterId: 'ada' })`, perShow],
    addTask: [`tracker.addTask({ showId, type: 'trailer', characterId: 'ada' })`, perShow],
    has: [`tracker.has({ showId, type: 'trailer', characterId: 'ada' }, 'done')`, perShow],
    'a route': [
      `createTrackedFetch({ tracker, routes: {
        'POST /x': { type: 'trailer', scope: () => ({ showId, characterId: 'ada' }) } } })`,
      perShow,
    ],
    'fetch.for': [`tracked.for({ showId, type: 'trailer', characterId: 'ada' })`, perShow],
    'a script': [`script(tracker).active('trailer', { characterId: 'ada' })`, perShow],
    setFacts: [
      `show.setFacts({ done: { trailer: ['ada'] } })`,
      "Type 'string[]' is not assignable to type 'true'.",
    ],
    "a pipeline of one's own": [
      `scene.track('outline', () => draw('one'), { beatId: 'one' })`,
      'outline runs once per show and takes no beatId',
    ],
  },
  'a misspelt option': {
    track: [
      `show.track('trailer', () => fetch('/x'), { timeOut: 5 })`,
      `'timeOut' does not exist in type`,
      `StepOptions<"trailer"`,
      `Did you mean to write 'timeout'?`,
    ],
    wrap: [
      `show.wrap('trailer', draw, () => ({ timeOut: 5 }))`,
      "'{ timeOut: number; }'",
      'StepOptions<"trailer"',
    ],
    useTrack: [
      `export const useIt = () => useTrack('trailer', draw, { showId, timeOut: 5 })`,
      "'timeOut' does not exist in type",
      'StepCallOptions<"trailer"',
    ],
    addTask: [
      `tracker.addTask({ showId, type: 'trailer', sttus: 'failed' })`,
      `'sttus' does not exist in type 'TaskInput<"trailer"`,
      `Did you mean to write 'status'?`,
    ],
    'a status': [
      `tracker.addTask({ showId, type: 'trailer', status: 'queued' })`,
      '"queued"',
      '"canceled" | "failed" | "interrupted" | "processing" | "starting" | "succeeded"',
    ],
    'a route': [
      `createTrackedFetch({ tracker, routes: { 'POST /x': { type: 'trailer', scope: () => ({ showId }), timeOut: 5 } } })`,
      `'timeOut' does not exist in type 'StepRoute<"trailer"`,
      `Did you mean to write 'timeout'?`,
    ],
    'fetch.for': [
      `tracked.for({ showId, type: 'trailer', timeOut: 5 })`,
      `'timeOut' does not exist in type 'StepWork<"trailer"`,
      `Did you mean to write 'timeout'?`,
    ],
    "a pipeline of one's own": [
      `scene.track('keyframe', () => draw('one'), { beatId: 'one', timeOut: 5 })`,
      `'timeOut' does not exist in type`,
      `StepOptions<"keyframe"`,
      `Did you mean to write 'timeout'?`,
    ],
  },
  'a value that cannot be followed': {
    track: [
      `show.track('trailer', () => ({}) as PromiseLike<number>)`,
      'starts when it is awaited: make the function async, and await it inside',
    ],
    wrap: [
      `show.wrap('trailer', (url: string) => new Blob([url]).stream())`,
      'starts when it is read: make the function async, and read it inside',
    ],
    useTrack: [
      `export const useIt = () => useTrack('trailer', () => ({}) as PromiseLike<number>, { showId })`,
      'starts when it is awaited: make the function async, and await it inside',
    ],
  },
  'wrong metadata': {
    track: [
      `show.track('trailer', () => fetch('/x'), { metadata: { takes: () => 1 } })`,
      'StepOptions<"trailer"',
      "Types of property 'metadata' are incompatible.",
      "Property 'takes' is incompatible",
    ],
    wrap: [
      `show.wrap('trailer', draw, () => ({ metadata: { takes: () => 1 } }))`,
      'StepOptions<"trailer"',
      "Types of property 'metadata' are incompatible.",
      "Property 'takes' is incompatible",
    ],
    useTrack: [
      `export const useIt = () => useTrack('trailer', draw, { showId, metadata: { takes: () => 1 } })`,
      'StepCallOptions<"trailer"',
      "Types of property 'metadata' are incompatible.",
      "Property 'takes' is incompatible",
    ],
    addTask: [`tracker.addTask({ showId, type: 'trailer', metadata: { takes: () => 1 } })`, ...noJson],
    'a route': [
      `createTrackedFetch({ tracker, routes: {
        'POST /x': { type: 'trailer', scope: () => ({ showId }), metadata: { takes: () => 1 } } } })`,
      ...noJson,
    ],
    'fetch.for': [`tracked.for({ showId, type: 'trailer', metadata: { takes: () => 1 } })`, ...noJson],
    "track in a pipeline of one's own": [
      `scene.track('keyframe', () => draw('one'), { beatId: 'one', metadata: { seed: 'seven' } })`,
      ...noNumber,
    ],
    "addTask in a pipeline of one's own": [
      `board.addTask({ showId, type: 'keyframe', beatId: 'one', metadata: { seed: 'seven' } })`,
      ...noNumber,
    ],
    "useTrack in a pipeline of one's own": [
      `export const useIt = () =>
        hooks.useTrack('keyframe', draw, { showId, beatId: 'one', metadata: { seed: 'seven' } })`,
      'StepCallOptions<"keyframe"',
      "The types of 'metadata.seed' are incompatible",
    ],
  },
}

const cases = Object.entries(mistakes).flatMap(([mistake, places]) =>
  Object.entries(places).map(([place, [code, ...words]]) => ({ mistake, place, code, words })),
)

/** What the compiler says of each file, by its name. */
function readMessages(text: string): Map<string, string[]> {
  const messages = new Map<string, string[]>()
  for (const part of text.split(/^(?=\S+\.tsx?:\d+:\d+ - error)/m)) {
    const [, file] = /^(\S+?)\.tsx?:/.exec(part) ?? []
    if (file) messages.set(file, [...(messages.get(file) ?? []), part])
  }
  return messages
}

describe('the compiler, of the commonest mistakes', () => {
  const messages = readMessages(
    typeCheck(
      'messages',
      Object.fromEntries(cases.map(({ code }, index) => [`case${index}.tsx`, `${prelude}\n${code}\n`])),
    ),
  )
  it.each(cases.map((one, index) => ({ ...one, index })))(
    'names step and field of $mistake in $place',
    ({ index, words }) => {
      const said = messages.get(`case${index}`) ?? []
      expect(said).toHaveLength(1)
      const [message] = said
      for (const word of words) {
        if (typeof word === 'string') expect(message).toContain(word)
        else expect(message).toMatch(word)
      }
      expect(message).not.toMatch(/Expected \d arguments/)
      // The whole definition of a pipeline, which no one reads.
      expect(message).not.toContain('readonly label')
    },
  )
})
