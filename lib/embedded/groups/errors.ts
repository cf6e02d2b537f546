/** What a request to the groups can come to grief on. */
export type GroupErrorKind = 'exists' | 'missing' | 'failed' | 'maximum subscribers reached' | 'not ready'

/** A request to the groups that was not carried out. */
export class GroupError extends Error {
  readonly kind: GroupErrorKind
  readonly stream: string
  readonly group: string

  /** @param reason - for `failed`: what was wrong, in words */
  constructor (kind: GroupErrorKind, stream: string, group: string, readonly reason = '') {
    super(`Group ${group} on ${stream}: ${kind}${reason === '' ? '' : `: ${reason}`}`)
    this.name = 'GroupError'
    this.kind = kind
    this.stream = stream
    this.group = group
  }
}
