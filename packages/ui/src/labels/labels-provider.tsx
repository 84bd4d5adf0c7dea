import { createContext, type ReactNode, useContext, useMemo } from 'react'
import { defaultLabels, type Labels } from './labels.ts'

const LabelsContext = createContext(defaultLabels)

/** Props of `LabelsProvider`. */
export interface LabelsProviderProps {
  /** The texts to replace. Pass the same object at each render. */
  readonly labels: Partial<Labels>
  readonly children?: ReactNode
}

/**
 * Replaces texts of the components below it. Other texts come from the provider above, or else are English.
 *
 * @example
 * <LabelsProvider labels={{ close: 'Schließen', inProgress: (count) => `${count} in Arbeit` }}>
 *   <BackgroundTasksPanel open={open} onOpenChange={setOpen} />
 * </LabelsProvider>
 */
export function LabelsProvider({ labels, children }: LabelsProviderProps) {
  const outer = useContext(LabelsContext)
  const merged = useMemo(() => ({ ...outer, ...labels }), [outer, labels])
  return <LabelsContext.Provider value={merged}>{children}</LabelsContext.Provider>
}

export const useLabels = (): Labels => useContext(LabelsContext)
