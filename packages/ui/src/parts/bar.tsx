import type { CSSProperties } from 'react'

export interface BarProps {
  /** Whole percent, 0 to 100. */
  readonly value: number
  readonly label: string
  readonly look: 'active' | 'done' | 'failed'
  readonly size?: 'small' | 'overall'
}

export function Bar({ value, label, look, size }: BarProps) {
  return (
    <div
      className={`callsheet-bar callsheet-bar--${look}${size ? ` callsheet-bar--${size}` : ''}`}
      role="progressbar"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={value}
      aria-label={label}
    >
      <div className="callsheet-bar-fill" style={{ '--callsheet-bar-value': `${value}%` } as CSSProperties} />
    </div>
  )
}
