import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import type { Sender } from './sender.ts'

const openTelemetry = (
  name: string,
  Exporter: typeof JsonExporter | typeof ProtobufExporter,
  compression: CompressionAlgorithm,
): Sender => ({
  name: `OpenTelemetry: ${name}`,
  raised: 'maxQueueSize 200,000',
  start(url, { events }, isRaised) {
    const exporter = new Exporter({ url: `${url}/v1/logs`, compression })
    const processor = new BatchLogRecordProcessor({
      exporter,
      ...(isRaised ? { maxQueueSize: 200_000 } : {}),
    })
    const provider = new LoggerProvider({ processors: [processor] })
    const logger = provider.getLogger('bench')
    return {
      write(index) {
        const event = events[index]!
        logger.emit({
          eventName: 'task',
          timestamp: event.updatedAt,
          attributes: event as never,
        })
      },
      async end() {
        await provider.shutdown()
        return undefined
      },
    }
  },
})

const { GZIP, NONE } = CompressionAlgorithm

export const json = openTelemetry('OTLP in JSON', JsonExporter, NONE)
export const jsonZipped = openTelemetry('OTLP in JSON, gzip', JsonExporter, GZIP)
export const protobuf = openTelemetry('OTLP in protobuf', ProtobufExporter, NONE)
export const protobufZipped = openTelemetry('OTLP in protobuf, gzip', ProtobufExporter, GZIP)
