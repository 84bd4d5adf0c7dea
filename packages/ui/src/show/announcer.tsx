import type { StepView, Task } from '@callsheet/core'
import { useEffect, useRef, useState } from 'react'
import { useTracker } from '../state/hooks.ts'
import { useWords } from '../messages/messages-provider.tsx'

// Long enough for a retry to follow its failure, and to announce several slots together.
const gatherMs = 500

interface Announcement {
  readonly text: string
  readonly count: number
}

/** A polite live region that announces each completed step and each failed task of a show once. */
export function Announcer({ showId, title }: { readonly showId: string; readonly title: string }) {
  const tracker = useTracker()
  const words = useWords()
  const [said, setSaid] = useState<Announcement>({ text: '', count: 0 })
  const latest = useRef({ title, words })
  useEffect(() => {
    latest.current = { title, words }
  })

  useEffect(() => {
    const waiting: (() => string | undefined)[] = []
    // The steps that the next announcement names.
    const done = new Set<string>()
    let timer: ReturnType<typeof setTimeout> | undefined
    const flush = () => {
      timer = undefined
      const text = waiting
        .splice(0)
        .flatMap((say) => say() ?? [])
        .join(' ')
      done.clear()
      if (text !== '') setSaid(({ count }) => ({ text, count: count + 1 }))
    }
    const later = (say: () => string | undefined) => {
      waiting.push(say)
      timer ??= setTimeout(flush, gatherMs)
    }
    // An event may carry an id from before a rename.
    const isMine = (id: string) =>
      id === showId || tracker.getPipeline(id).showId === tracker.getPipeline(showId).showId
    const stepOf = (type: string) =>
      tracker.getPipeline(showId).steps.find((step) => step.type === type) as StepView | undefined
    const sayDone = (step: Pick<StepView, 'type' | 'label'>): string | undefined => {
      if (done.has(step.type)) return undefined
      done.add(step.type)
      const { words, title } = latest.current
      return words.fill('stepDone', { show: title, step: words.label(step) })
    }
    const sayFailed = (task: Task): string | undefined => {
      const now = tracker.getTask(task.id)
      if (now?.status !== 'failed') return undefined
      const step = stepOf(task.type)
      const slot = step?.slot(task.characterId)
      const { words, title } = latest.current
      const values = {
        show: title,
        step: step ? words.label(step) : task.type,
        message: now.error?.message ?? '',
      }
      const isRemade = slot?.done === true
      if (slot?.name === undefined) return words.fill(isRemade ? 'remakeFailed' : 'taskFailed', values)
      return words.fill(isRemade ? 'slotRemakeFailed' : 'slotFailed', { ...values, name: slot.name })
    }
    const stops = [
      tracker.on('stepCompleted', (event) => {
        if (isMine(event.showId)) later(() => sayDone(event.step))
      }),
      tracker.on('taskFinished', ({ task }) => {
        if (!isMine(task.showId)) return
        if (task.status === 'failed') later(() => sayFailed(task))
        if (task.status !== 'succeeded') return
        // A remake in a complete step fires no stepCompleted: the step is done again when its last slot is.
        later(() => {
          const step = stepOf(task.type)
          return step && step.progress === 100 && step.active === 0 ? sayDone(step) : undefined
        })
      }),
    ]
    return () => {
      clearTimeout(timer)
      for (const stop of stops) stop()
    }
  }, [tracker, showId])

  return (
    <div className="callsheet-hidden" role="status" aria-live="polite">
      {said.text !== '' && <span key={said.count}>{said.text}</span>}
    </div>
  )
}
