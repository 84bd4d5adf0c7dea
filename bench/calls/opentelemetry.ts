import { context, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider, type ReadableSpan, type SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { nothing, type Wrapper } from './call.ts'

/** Every span is recorded and kept; nothing is exported. */
export const openTelemetry: Wrapper = {
  name: 'OpenTelemetry: startActiveSpan, recording',
  start() {
    const ended: ReadableSpan[] = []
    const keep: SpanProcessor = {
      onStart() {},
      onEnd: (span) => void ended.push(span),
      forceFlush: async () => {},
      shutdown: async () => {},
    }
    context.disable()
    trace.disable()
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [keep] }))
    const tracer = trace.getTracer('bench')
    return {
      call: (index) =>
        tracer.startActiveSpan('trailer', { attributes: { 'task.id': `task-${index}` } }, async (span) => {
          try {
            const result = await nothing()
            span.setStatus({ code: SpanStatusCode.OK })
            return result
          } catch (error) {
            span.recordException(error as Error)
            span.setStatus({ code: SpanStatusCode.ERROR })
            throw error
          } finally {
            span.end()
          }
        }),
      succeeded: () => ended.filter(({ status }) => status.code === SpanStatusCode.OK).length,
    }
  },
}
