import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react'

interface Selection<T> {
  readonly value: T
}

/**
 * Subscribes with a selector, like use-sync-external-store/with-selector.
 *
 * A selection that is equal to the one shown is replaced by it, so that React sees no change. `select` may be a new
 * function at each render.
 */
export function useSelection<V, T>(
  subscribe: (listener: () => void) => () => void,
  read: () => V,
  readRendered: () => V,
  select: (view: V) => T,
  isEqual: (a: T, b: T) => boolean,
): T {
  const shown = useRef<Selection<T> | undefined>(undefined)
  const getSelection = useMemo(() => {
    const selectAfter = memoize(read, select, isEqual)
    return () => selectAfter(shown.current)
  }, [read, select, isEqual])
  const getRendered = memoize(readRendered, select, isEqual)
  const value = useSyncExternalStore(subscribe, getSelection, () => getRendered(undefined))
  useEffect(() => {
    shown.current = { value }
  }, [value])
  return value
}

/** Selects once for each view. React reads often and needs the same value until something has changed. */
function memoize<V, T>(
  read: () => V,
  select: (view: V) => T,
  isEqual: (a: T, b: T) => boolean,
): (shown: Selection<T> | undefined) => T {
  let held: (Selection<T> & { readonly view: V }) | undefined
  return (shown) => {
    const view = read()
    if (held && held.view === view) return held.value
    const last = held ?? shown
    const value = select(view)
    held = { view, value: last && isEqual(last.value, value) ? last.value : value }
    return held.value
  }
}
