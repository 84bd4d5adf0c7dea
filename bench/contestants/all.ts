import { callsheet, callsheetTracker } from './callsheet.ts'
import type { Contestant } from './contestant.ts'
import { jotai } from './jotai.ts'
import { mobx } from './mobx.ts'
import { reduxToolkit } from './redux.ts'
import { preactSignals } from './signals.ts'
import { storedArray } from './stored-array.ts'
import { tanstackStore } from './tanstack-store.ts'
import { xstateStore } from './xstate-store.ts'
import { zustandImmer, zustandSpread } from './zustand.ts'

/** What others offer for the same. */
const peers: readonly Contestant[] = [
  mobx,
  preactSignals,
  jotai,
  zustandSpread,
  zustandImmer,
  xstateStore,
  tanstackStore,
  reduxToolkit,
  storedArray,
]

/** All but the limit, in the order of the tables. */
export const contestants: readonly Contestant[] = [callsheet, callsheetTracker, ...peers]
