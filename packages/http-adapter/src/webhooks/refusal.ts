/**
 * A delivery that is not taken in: what a source throws. Its status and message are the answer, so it has to tell a forger
 * nothing; its `cause` is reported here.
 *
 * @example
 * if (headers.get('x-token') !== token) throw new Refusal(401, 'the token does not match')
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  constructor(status: 400 | 401 | 405 | 413 | 503, reason: string, options?: ErrorOptions) {
    super(reason, options)
    this.status = status
  }
}
