import { createTracker, definePipeline, showPipeline, type TaskRecord } from '@callsheet/core'
import { describe, expectTypeOf, it } from 'vitest'
import { handleWebhook, replicateWebhooks } from './webhooks.ts'

const source = replicateWebhooks({ secret: 'whsec_AAAA' })
declare const request: Request

describe('handleWebhook', () => {
  it('takes a tracker of any pipeline as it is', () => {
    expectTypeOf(
      handleWebhook(request, { source, target: createTracker({ pipeline: showPipeline }) }),
    ).resolves.toEqualTypeOf<Response>()
    const pipeline = definePipeline({ id: 'film', steps: [{ type: 'cut', label: 'Cut', per: 'show' }] })
    void handleWebhook(request, { source, target: createTracker({ pipeline }) })
  })

  it('gives a target its own kind of task back', () => {
    const rows = new Map<string, TaskRecord & { tenant: string }>()
    void handleWebhook(request, {
      source,
      target: {
        find: ({ provider, id }) => rows.get(`${provider}:${id}`),
        update: (task, patch) => {
          expectTypeOf(task.tenant).toBeString()
          expectTypeOf(patch.outputUrl).toEqualTypeOf<string | undefined>()
        },
      },
    })
  })

  it('refuses a target that cannot be asked, and a source without a secret', () => {
    // @ts-expect-error -- `find` is missing
    void handleWebhook(request, { source, target: { update: () => {} } })
    // @ts-expect-error -- `secret` is missing
    replicateWebhooks({})
  })
})
