import { ChevronDown, Film } from 'lucide-react'
import { usePipeline } from '../state/hooks.ts'
import { isEqual } from '../state/is-equal.ts'
import { useWords } from '../messages/messages-provider.tsx'

interface ShowHeaderProps {
  readonly showId: string
  readonly title: string
  /** Undefined if the show cannot be collapsed. */
  readonly toggle:
    { readonly isOpen: boolean; readonly controls: string; readonly flip: () => void } | undefined
}

/** The show's title and the number of tasks in progress. */
export function ShowHeader({ showId, title, toggle }: ShowHeaderProps) {
  const { fill } = useWords()
  const { active, completedSteps, totalSteps } = usePipeline(
    showId,
    (view) => ({ active: view.active, completedSteps: view.completedSteps, totalSteps: view.totalSteps }),
    isEqual,
  )
  const content = (
    <>
      <Film className="callsheet-icon callsheet-show-icon" aria-hidden="true" />
      <span className="callsheet-show-text">
        <bdi className="callsheet-show-title">{title}</bdi>
        <span className="callsheet-show-sub">
          {active > 0
            ? fill('inProgress', { n: active })
            : fill('stepsComplete', { completed: completedSteps, total: totalSteps })}
        </span>
      </span>
    </>
  )
  return (
    <h3 className="callsheet-show-heading">
      {toggle ? (
        <button
          type="button"
          className="callsheet-button callsheet-show-head"
          aria-expanded={toggle.isOpen}
          aria-controls={toggle.controls}
          onClick={toggle.flip}
        >
          {content}
          <ChevronDown className="callsheet-icon callsheet-show-chevron" aria-hidden="true" />
        </button>
      ) : (
        <span className="callsheet-show-head">{content}</span>
      )}
    </h3>
  )
}
