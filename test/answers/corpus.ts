// cspell:disable
import { azure } from './azure.ts'
import { bfl } from './bfl.ts'
import { dId } from './d-id.ts'
import { dashscope } from './dashscope.ts'
import { elevenlabs } from './elevenlabs.ts'
import type { Answer } from './entry.ts'
import { fal } from './fal.ts'
import { fastapi } from './fastapi.ts'
import { gemini, imagen } from './gemini.ts'
import { heygen } from './heygen.ts'
import { ideogram } from './ideogram.ts'
import { kling, klingTasks } from './kling.ts'
import { leonardo } from './leonardo.ts'
import { luma } from './luma.ts'
import { minimax } from './minimax.ts'
import { assemblyai, bria, topaz, tripo } from './more-media.ts'
import { hedra, shotstack, tencent, xai } from './more-films.ts'
import { openaiImages, openaiVideos } from './openai.ts'
import { replicate } from './replicate.ts'
import { runway, runwayWorkflows } from './runway.ts'
import { seedance } from './seedance.ts'
import { stability } from './stability.ts'
import { synthesia } from './synthesia.ts'
import { vertex } from './vertex.ts'
import { vidu } from './vidu.ts'
/**
 * What providers answer. The form of each body is that of the provider's documentation; its texts are made up. Written
 * before the code that reads them was looked at, so that the code can be measured by it.
 */
export const corpus: readonly Answer[] = [
  ...bfl,
  ...kling,
  ...klingTasks,
  ...minimax,
  ...runway,
  ...runwayWorkflows,
  ...luma,
  ...heygen,
  ...leonardo,
  ...dashscope,
  ...vidu,
  ...seedance,
  ...dId,
  ...synthesia,
  ...elevenlabs,
  ...gemini,
  ...imagen,
  ...vertex,
  ...azure,
  ...openaiVideos,
  ...openaiImages,
  ...fal,
  ...replicate,
  ...stability,
  ...ideogram,
  ...fastapi,
  ...hedra,
  ...xai,
  ...shotstack,
  ...tencent,
  ...tripo,
  ...topaz,
  ...assemblyai,
  ...bria,
]
