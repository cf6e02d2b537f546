import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from '../harness/compiled.js'
import type { RuleName } from './checker/rule.js'

/**
 * A build that breaks one promise, on purpose: the storm must find it.
 *
 * Made by exact replacements in the sources, each of which must match once: where the product has changed so that one matches no more, the
 * build is no longer broken, and nothing would be proved by it.
 */
export interface Mutant {
  /** As on the command line. */
  readonly name: string
  readonly says: string
  readonly patches: readonly Patch[]
  /** The rules of the checker that show what it does to its users. Others may be broken too, and count for nothing. */
  readonly rules: readonly RuleName[]
  /** For the storm, where it needs something particular. */
  readonly options?: readonly string[]
}

export interface Patch {
  readonly file: string
  readonly find: string
  readonly replace: string
}

export const mutants: readonly Mutant[] = [
  {
    name: 'ack-before-append',
    says: 'a command is acknowledged when it is taken, and not after its outcome stands',
    patches: [{
      file: 'lib/subscriber/command-loop.ts',
      find: '    this.#count(ackId, event.revision)',
      replace: `    this.#count(ackId, event.revision)
    this.#subscription!.ack(ackId)`
    }],
    rules: ['lost'],
    // On an older server the sweep would find what it loses.
    options: ['--emulate', '26.1']
  },
  {
    name: 'any-revision',
    says: 'outcomes are appended at any revision instead of the exact one',
    patches: [{
      file: 'lib/aggregator/lane.ts',
      find: 'this.#tools.streams.name(this.aggId), expected, events)',
      replace: "this.#tools.streams.name(this.aggId), 'any', events)"
    }],
    rules: ['doubled', 'contradicted', 'state', 'balances']
  },
  {
    name: 'ids-of-the-command',
    says: 'the id of an outcome\'s event comes from the command, and not from its content',
    patches: [{
      file: 'lib/outcome/stored.ts',
      find: 'id: uuidV5(comId, `${index}/${count}:${type}:${data}`)', // eslint-disable-line no-template-curly-in-string
      replace: 'id: index === 0 ? comId : uuidV5(comId, String(index))'
    }],
    // That the ids are others the rule `wire` says at once; it is what comes of it that must be seen.
    rules: ['torn', 'doubled', 'contradicted', 'state', 'balances', 'answers']
  },
  {
    name: 'forgotten-ids',
    says: 'the ids of finished commands are forgotten above a number',
    patches: [{
      file: 'lib/decision/command-ids.ts',
      find: '    if (this.#size * 8 > this.#slots.length * 3) this.#grow()',
      replace: `    if (this.#size > 16) {
      this.#slots = new Uint32Array(SMALLEST * 2)
      this.#size = 0
    }
    if (this.#size * 8 > this.#slots.length * 3) this.#grow()`
    }],
    rules: ['doubled', 'contradicted']
  },
  {
    name: 'moved-before-append',
    says: 'the state in memory moves before the store has confirmed the append',
    patches: [{
      file: 'lib/decision/lane-step.ts',
      find: '  return { lane: { ...lane, run }, effect: trouble === undefined',
      replace: `  const last = run.rulings.findLast(({ kind }) => kind === 'decided')
  const view = { ...run.view, state: last.standing.state, exists: last.standing.exists }
  return { lane: { ...lane, view, run: { ...run, view } }, effect: trouble === undefined`
    }],
    rules: ['state', 'balances']
  },
  {
    name: 'unknown-is-failure',
    says: 'an append of unknown fate is taken for one that has failed',
    patches: [{
      file: 'lib/decision/run.ts',
      find: "    case 'unknown': return { kind: 'repeat', error: answer.error }",
      replace: `      return { kind: 'repeat', error: answer.error }
    case 'unknown': return { kind: 'tombstoned' }`
    }],
    rules: ['contradicted', 'state']
  },
  {
    name: 'kept-decisions',
    says: 'the decisions of a run are kept after a conflict, and appended where the stream now ends',
    patches: [{
      file: 'lib/decision/lane-step.ts',
      find: '  const then = afterAppend(run, answer)',
      replace: `  if (answer.kind === 'conflict') return append(lane, { ...run, view: { ...run.view, revision: answer.current } })
  const then = afterAppend(run, answer)`
    }],
    rules: ['doubled', 'contradicted', 'state', 'balances']
  },
  {
    name: 'replaced-waiter',
    says: 'a caller who asks for a command that is under way takes the place of the one who waits for it already',
    patches: [{
      file: 'lib/sender/waiters.ts',
      find: '      command.waiters.add(waiter)',
      replace: `      for (const other of command.waiters) this.#leave(command, other)
      command.waiters.add(waiter)`
    }],
    rules: ['waiting']
  },
  {
    name: 'no-sweep',
    says: 'nobody looks for the commands that a server of an older version loses',
    patches: [{
      file: 'lib/subscriber/worker.ts',
      find: '    if (!losesCommands(version)) return',
      replace: '    if (losesCommands(version) !== undefined) return'
    }],
    rules: ['lost'],
    options: ['--emulate', '23.10']
  }
]

/** A source as the mutant has it. Throws where a patch does not match exactly once. */
export function mutated ({ name, patches }: Mutant, file: string, text: string): string {
  for (const patch of patches) {
    if (patch.file !== file) continue
    const [before, after, ...more] = text.split(patch.find)
    if (after === undefined || more.length > 0) throw new Error(`${name}: ${patch.find.trim()} stands ${more.length + (after === undefined ? 0 : 1)} times in ${file}`)
    text = before + patch.replace + after
  }
  return text
}

/** The sources that the mutant changes, by file. */
export async function changedSources (mutant: Mutant): Promise<Map<string, { before: string, after: string }>> {
  const sources = new Map<string, { before: string, after: string }>()
  for (const { file } of mutant.patches) {
    const before = await readFile(join(ROOT, file), 'utf8')
    sources.set(file, { before, after: mutated(mutant, file, before) })
  }
  return sources
}
