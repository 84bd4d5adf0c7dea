import type { JobState } from '@callsheet/core/jobs'
import { outputOf } from './output.ts'
import { percentIn, queued } from './stage.ts'

const wait = /queue|pending|waiting/i
const isOutput = /^(?:outputs?|results?|data|images?|videos?|audios?|files?)$|urls?$/i
const isHandle = /^(?:status|cancel|poll|response|webhook|callback|stream|logs?|self|web)_?urls?$/i

/**
 * Reads a job of your own server by the usual names: `status` or `state`; `stage` or
 * `phase`; `progress` or `percent`; `queuePosition`; `logs`; `output`, `result`, `data`, or what ends in `url`;
 * `error`, `detail` or `message`. No status for what has none, such as `{ status: null, detail, isTransient: true }`.
 */
export function jsonState(body: unknown): JobState {
  const fields = (typeof body === 'object' ? (body ?? {}) : {}) as Record<string, unknown>
  const first = (...names: string[]) =>
    names.map((name) => fields[name]).find((it) => it !== undefined && it !== null)
  const status = first('status', 'state')
  if (typeof status !== 'string') return {}
  const stage = first('stage', 'phase')
  const progress = percentOf(first('progress', 'percent', 'percentage')) ?? percentIn(first('logs', 'log'))
  const error = first('error', 'detail', 'message')
  return {
    status,
    ...(typeof stage === 'string'
      ? { stage }
      : wait.test(status) && { stage: queued(first('queuePosition', 'queue_position', 'position')) }),
    ...(progress !== undefined && { progress }),
    ...outputOf(
      Object.fromEntries(
        Object.entries(fields).filter(([name]) => isOutput.test(name) && !isHandle.test(name)),
      ),
    ),
    ...(error !== undefined && { error }),
  }
}

/** A share of one, or a percentage. */
function percentOf(value: unknown): number | undefined {
  if (typeof value !== 'number' || !(value >= 0 && value <= 100)) return undefined
  return Math.floor(value > 0 && value < 1 ? value * 100 : value)
}
