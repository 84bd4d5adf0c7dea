import type { CSSProperties } from 'react'
import { useLabels } from '../labels/labels-provider.tsx'

/** Props of `LoaderBars`. */
export interface LoaderBarsProps {
  /** Default: medium. */
  readonly size?: 'small' | 'medium' | 'large'
  /** How many bars. Default: 3 when small, 5 when medium, 12 when large. */
  readonly bars?: number
  /** What a screen reader says. Default: Loading. With an empty text the loader is decoration. */
  readonly label?: string
}

const usualBars = { small: 3, medium: 5, large: 12 }

/**
 * A wave of glowing bars for a wait of unknown length.
 *
 * @example
 * <LoaderBars size="large" label="Loading the show" />
 */
export function LoaderBars({ size = 'medium', bars = usualBars[size], label }: LoaderBarsProps) {
  const labels = useLabels()
  const text = label ?? labels.loading
  return (
    <span className={`callsheet-loader callsheet-loader--${size}`} role={text === '' ? undefined : 'status'}>
      {Array.from({ length: bars }, (_, index) => (
        <span
          key={index}
          className="callsheet-loader-bar"
          style={{ '--callsheet-loader-index': index } as CSSProperties}
          aria-hidden="true"
        />
      ))}
      {text !== '' && <span className="callsheet-hidden">{text}</span>}
    </span>
  )
}
