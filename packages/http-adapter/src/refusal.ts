/** A delivery that is not taken in: what is answered, which tells a forger nothing. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  constructor(status: 400 | 401 | 405 | 413 | 503, reason: string, options?: ErrorOptions) {
    super(reason, options)
    this.status = status
  }
}
