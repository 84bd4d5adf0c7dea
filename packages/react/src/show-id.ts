/** The id of a show; `null`, `undefined` or an empty string before the show exists. */
export type ShowId = string | null | undefined

/** The subscription of a hook before its show exists. */
export const subscribeToNothing = () => () => {}
