import { createWords } from '@callsheet/core/summarize'
import { createContext, type ReactNode, useContext, useMemo } from 'react'
import { type UiMessages, uiMessages, type UiWords } from './messages.ts'

const Context = createContext({ locale: 'en', words: createWords(uiMessages) })

/** Props of `MessagesProvider`. */
export interface MessagesProviderProps {
  /** A BCP 47 language tag for numbers and plurals. @default that of the provider above, or 'en' */
  readonly locale?: string
  /**
   * The texts to replace. Pass the same object at each render.
   *
   * @default those of the provider above, or English
   */
  readonly messages?: Partial<UiMessages>
  /** The components that use the texts. */
  readonly children?: ReactNode
}

/**
 * Replaces texts of the components below it. Other texts come from the provider above, or else are English.
 *
 * @example
 * <MessagesProvider locale="de" messages={{ close: 'Schließen', inProgress: '{n} in Arbeit' }}>
 *   <BackgroundTasksPanel open={open} onOpenChange={setOpen} />
 * </MessagesProvider>
 */
export function MessagesProvider({ locale: given, messages, children }: MessagesProviderProps) {
  const outer = useContext(Context)
  const locale = given ?? outer.locale
  const value = useMemo(
    () => ({ locale, words: createWords({ ...outer.words.messages, ...messages }, locale) }),
    [outer, messages, locale],
  )
  return <Context.Provider value={value}>{children}</Context.Provider>
}

export const useWords = (): UiWords => useContext(Context).words
