import { messageOf, toTaskError } from '../records/thrown.ts'
import { answerOf } from '../records/guard.ts'
import { endOf, isNetworkError, seenIn } from '../write/classify-failure.ts'
import type { Outcome, Verdict } from './outcome.ts'
import { errorOfStatus, isFailedResponse, isResponse, listen } from './response.ts'
import { cut, type Run } from './run.ts'

/** What the end of a call means for its task. A value or an error that cannot be read is reported. */
export function verdictOf(run: Run, outcome: Outcome): Verdict {
  const isThrown = 'thrown' in outcome
  try {
    return isThrown ? ofError(run, outcome.thrown) : ofValue(run, outcome.value)
  } catch (error) {
    run.host.report(error)
    return { status: isThrown ? 'failed' : 'succeeded', patch: {} }
  }
}

function ofValue(run: Run, value: unknown): Verdict {
  if (isFailedResponse(value)) return ofResponse(value)
  const patch = run.read(value)
  if (patch.status !== 'failed') return { status: 'succeeded', patch }
  // What `result` reads from a response is an answer.
  if (!isResponse(value) && run.isLost(patch.error)) return cut
  return { status: 'failed', patch, see: () => ({ error: toTaskError(patch.error), body: value }) }
}

function ofError(run: Run, error: unknown): Verdict {
  if (isResponse(error)) return ofResponse(error)
  if (run.isLost(error)) return cut
  return {
    status: endOf(error),
    patch: { error: error ?? 'failed' },
    see: () => seenIn(error),
    isBroken: isNetworkError(error),
  }
}

const ofResponse = (response: Response): Verdict => ({
  status: 'failed',
  patch: { error: errorOfStatus(response) },
  response,
})

/** Records how a call ended that is not retried. Never throws: that would change how the caller's promise settles. */
export function settle(run: Run, outcome: Outcome): void {
  if (run.state === 'over') return
  if (!run.isTracked) return run.leave()
  const verdict = verdictOf(run, outcome)
  run.end(verdict)
  if (verdict.response) hearMessage(run, verdict.response)
}

/** Records the server's own message as soon as it is read. */
function hearMessage({ task: { id, attempt, error }, host }: Run, response: Response): void {
  const { newest, schedule, write } = host
  const tell = (body: unknown) => {
    const message = messageOf(body)
    const held = newest(id)
    if (message === undefined || held?.status !== 'failed' || held.attempt !== attempt) return
    write(id, { error: { ...error, message } })
  }
  // A fake response, or one that throws when it is inspected.
  answerOf(
    () => listen(response, schedule, tell),
    () => {},
  )
}
