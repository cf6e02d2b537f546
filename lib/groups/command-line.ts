import { parseArgs } from 'node:util'

export const HELP = `unistream-groups: the groups by which senders hear of outcomes

  A sender removes its group when it closes in good order, unless kurrent.keepGroup says otherwise. The group of a host that was killed, or that
  kept it, and that does not come back, stays in the store until it is removed here.

Usage: unistream-groups list [TYPE]
       unistream-groups remove TYPE-HOSTNAME [--force]

  list           the groups of an aggregate type, by its name in the store, or of all: whether a sender is connected, how many
                 events it has not handled, how many are parked; with a type also its workers' group
  remove         removes a sender's group. Refused while a sender is connected
  --force        removes it all the same: a sender that is connected makes it anew
  --version      print the version
  --help         print this

  The store is named as for the plugins, by environment variables: KURRENT_HOST, KURRENT_USER, KURRENT_PASS,
  KURRENT_VERIFY_CERT, KURRENT_CALL_LIMIT.

  Exit codes: 0 done, 1 not done, 2 the command line or a setting cannot be used
`

const TYPE = /^[^\s$-][^\s-]*$/

/** The group of one sender, and the category stream that it is on. */
export interface SenderGroup {
  readonly stream: string
  readonly group: string
}

/** What the command line asks for. */
export type Wishes =
  | { readonly kind: 'list', readonly type?: string }
  | { readonly kind: 'remove', readonly of: SenderGroup, readonly force: boolean }

/** A command line that cannot be followed; the message is for people. */
export class UsageError extends Error {}

/** @throws UsageError */
export function readCommandLine (args: string[]): Wishes | 'help' | 'version' {
  const { values, positionals } = parse(args)
  if (values.help === true) return 'help'
  if (values.version === true) return 'version'
  const [command, name, ...rest] = positionals
  if (command !== 'list' && command !== 'remove') {
    throw new UsageError(command === undefined ? 'Say list or remove' : `There is no command '${command}': say list or remove`)
  }
  if (rest.length > 0) throw new UsageError(`Nothing can follow ${name}: '${rest.join(' ')}'`)
  if (command === 'list') {
    if (values.force === true) throw new UsageError('--force is for remove')
    if (name !== undefined && !TYPE.test(name)) {
      throw new UsageError(`'${name}' is no aggregate type: those have no - in their name, and no $ before it`)
    }
    return { kind: 'list', ...(name !== undefined && { type: name }) }
  }
  if (name === undefined) throw new UsageError('Say which group: TYPE-HOSTNAME')
  return { kind: 'remove', of: senderGroup(name), force: values.force === true }
}

function senderGroup (group: string): SenderGroup {
  const type = group.split('-', 1)[0]!
  if (!TYPE.test(type) || !/^\S+$/.test(group.slice(type.length + 1))) throw new UsageError(`'${group}' is no group of a sender: those are called TYPE-HOSTNAME`)
  return { stream: `$ce-${type}`, group }
}

function parse (args: string[]) {
  try {
    return parseArgs({
      args,
      strict: true,
      allowPositionals: true,
      options: {
        force: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' }
      }
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}
