/** A show's id; nothing, or an empty text, before the show exists. */
export type ShowId = string | null | undefined

/** For `useSyncExternalStore`, before a show exists. */
export const subscribeToNothing = () => () => {}
