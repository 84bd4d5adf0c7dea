import { createParser, type ParserConfig } from 'eventsource-parser'

/** Takes the bytes of server-sent events. */
export interface EventFeed {
  readonly feed: (bytes: Uint8Array) => void
  /** The stream has come to its end. */
  readonly end: () => void
}

/** A parser of bytes, which knows also the last event of a stream that ends in a lone CR. */
export function createEventFeed(config: ParserConfig): EventFeed {
  const parser = createParser(config)
  const decoder = new TextDecoder()
  let isHeldBack = false
  return {
    feed(bytes) {
      const text = decoder.decode(bytes, { stream: true })
      if (text === '') return
      isHeldBack = text.endsWith('\r')
      parser.feed(text)
    },
    end() {
      // The parser waits for the LF that may follow.
      if (isHeldBack) parser.feed('\n')
      isHeldBack = false
    },
  }
}
