import type { Job } from '@callsheet/core'
import { begin } from './begin.ts'
import { failureOf, interactionState, nothing, partsIn, stateOfContent, withPiece } from './google-state.ts'
import { type Fields, fieldsOf, listOf, parseEvent, textIn } from './model-answer.ts'
import type { EventPatch } from '../fetch/read-events.ts'
import { readToEnd } from '../fetch/whole-stream.ts'
import type { ReadStream } from '../route/read-stream.ts'
import type { RouteRequest } from '../route/request.ts'
import { phases, stages } from './stage.ts'

const provider = 'google'

/** The `responseModalities` of a request. */
export const modalitiesIn = (request: RouteRequest): unknown =>
  fieldsOf(fieldsOf(request.json())['generationConfig'])['responseModalities']

/** Reads the stream of `streamGenerateContent`. Each event is a piece of the answer. */
export const readContent: ReadStream = readToEnd(({ request }) => {
  let content = nothing
  return (event) => {
    const piece = parseEvent(event)
    if (piece['error']) return failureOf(piece['error']) as EventPatch
    content = withPiece(content, piece)
    if (content.blocked || content.ends.length > 0) {
      return begin(stateOfContent(content, modalitiesIn(request)), { provider, body: piece }) as EventPatch
    }
    const last = partsIn(piece).at(-1)
    return last && { stage: stageOfPart(last) }
  }
})

function stageOfPart({ thought, text, inlineData, functionCall }: Fields): string {
  if (thought === true) return phases.thinking
  if (functionCall) return phases.calling
  return inlineData ? phases.drawing : text ? phases.writing : stages.running
}

/** What an interaction is about, by the beginning of a step's or a delta's type. */
const interactionPhases: readonly (readonly [type: string, stage: string])[] = [
  ['thought', phases.thinking],
  ['text', phases.writing],
  ['image', phases.drawing],
  ['arguments', phases.calling],
  ['function_call', phases.calling],
  ['mcp_server', phases.calling],
  ['google_search', phases.searching],
  ['file_search', phases.searching],
  ['code_execution', phases.coding],
]

/** Reads the stream of an interaction, which is a job: it can be asked for, whatever comes of the stream. */
export const readInteraction = (
  handleOf: (id: unknown, request: RouteRequest) => Job | undefined,
): ReadStream =>
  readToEnd(({ request }) => {
    /** By step and kind: a file comes in one piece or in several. */
    const content = new Map<string, Fields>()
    return (event) => {
      const { event_type: type, index, step, delta, error, interaction } = parseEvent(event)
      if (type === 'error') return failureOf(error) as EventPatch
      const news = fieldsOf(delta ?? step)
      const kind = textIn(news['type'])
      if (delta) {
        const key = `${String(index)} ${kind}`
        const data = textIn(content.get(key)?.['data']) + textIn(news['data'])
        content.set(key, { ...news, ...(data && { data }) })
      }
      if (!interaction) {
        const phase = interactionPhases.find(([beginning]) => kind.startsWith(beginning))
        return kind === '' ? undefined : { stage: phase?.[1] ?? stages.running }
      }
      const { id, steps, ...rest } = fieldsOf(interaction)
      const whole =
        listOf(steps).length > 0 ? steps : [{ type: 'model_output', content: [...content.values()] }]
      return begin(interactionState({ ...rest, steps: whole }), {
        provider,
        body: interaction,
        handle: handleOf(id, request),
      }) as EventPatch
    }
  })
