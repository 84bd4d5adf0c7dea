import { CallsheetError } from '@callsheet/core'

/**
 * Thrown by a source to refuse a delivery. Its status and message are sent to the sender, so they must not help a forger;
 * its `cause` is reported.
 *
 * @example
 * if (headers.get('x-token') !== token) throw new Refusal(401, 'the token does not match')
 */
export class Refusal extends CallsheetError {
  override readonly name = 'Refusal'
  readonly status: number
  constructor(status: 400 | 401 | 405 | 413 | 503, reason: string, options?: ErrorOptions) {
    super(reason, { code: 'webhook_failed', ...options })
    this.status = status
  }
}
