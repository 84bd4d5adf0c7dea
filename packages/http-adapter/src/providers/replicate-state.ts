import type { JobState } from '@callsheet/core/jobs'
import { outputOf } from './output.ts'
import { percentIn, queued, stages } from './stage.ts'

/**
 * Reads a prediction of Replicate, from its API or a webhook. No status for anything else.
 *
 * Inputs are not read. Of a text or JSON output only `metadata.outputType` is kept.
 */
export function replicateState(prediction: unknown): JobState {
  const { status, output, error, logs, data_removed: isGone } = (prediction ?? {}) as Record<string, unknown>
  if (typeof status !== 'string' || status === '') return {}
  if (status === 'succeeded') {
    // Replicate deletes outputs after a while; that there was one is known.
    return {
      status,
      ...(isGone === true && !output ? { metadata: { outputType: 'removed' } } : outputOf(output)),
    }
  }
  if (status === 'failed') return { status, ...(error ? { error } : {}) }
  if (status === 'canceled') return { status }
  // Its deadline had passed before it began.
  if (status === 'aborted') return { status: 'canceled', error: 'Replicate aborted it before it began.' }
  const progress = percentIn(logs)
  return { ...stateOf(status), ...(progress === undefined ? {} : { progress }) }
}

function stateOf(status: string): JobState {
  if (status === 'starting') return { status, stage: stages.starting }
  if (status === 'queued') return { status: 'starting', stage: queued() }
  return { status: 'processing', stage: status === 'processing' ? stages.running : status }
}
