import type { CSSProperties } from 'react'
import { useWords } from '../messages/messages-provider.tsx'

/** Props of `LoaderBars`. */
export interface LoaderBarsProps {
  /** @default medium */
  readonly size?: 'small' | 'medium' | 'large'
  /** The number of bars. @default 3 for small, 5 for medium, 12 for large */
  readonly bars?: number
  /** The text for screen readers. With an empty text the loader is decorative. @default Loading */
  readonly label?: string
}

const usualBars = { small: 3, medium: 5, large: 12 }

/**
 * A wave of glowing bars: a loading indicator of unknown duration.
 *
 * @example
 * <LoaderBars size="large" label="Loading the show" />
 */
export function LoaderBars({ size = 'medium', bars = usualBars[size], label }: LoaderBarsProps) {
  const { messages } = useWords()
  const text = label ?? messages.loading
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
