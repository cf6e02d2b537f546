import t from 'tap'
import { check, rules } from './checker/check.js'
import { nameBased } from './checker/identity.js'
import type { RuleName } from './checker/rule.js'
import { Sample, setting, uuid } from './checker/sample.js'
import type { Command } from './checker/sample.js'
import { POISON_SIGNAL } from './programs/poison.js'

const PERIOD = uuid(1)
const OTHER = uuid(2)
const CLOSED = uuid(3)
const ACCOUNT = uuid(4)
const LINE = `Transaction-${PERIOD}`

let ids = 100
const com = () => uuid(ids++)
const inPeriod = (command: string, body: object, aggId = PERIOD): Command => ({ aggId, comId: com(), command, body })
const deposited = (amount: number, balance: number) => ({ events: [['DepositFinished', { accountId: ACCOUNT, amount, balance }]] as const })
const limited = (transLimit: number) => ({ events: [['TransLimitSetted', { transLimit }]] as const })
const withdrawn = (amount: number, balance: number) => ({ events: [['WithdrawFinished', { accountId: ACCOUNT, amount, balance }]] as const })
const tooSmall = { kind: 'refused', code: 'BALANCE_TOO_SMALL', message: 'Too little' } as const

/** A history in which all is well, with something of everything. */
function good () {
  const sample = new Sample()
  for (const aggId of [PERIOD, OTHER, CLOSED]) {
    sample.command(inPeriod('InitPeriod', { accountId: ACCOUNT, limit: 1000 }, aggId),
      { events: [['PeriodInited', { accountId: ACCOUNT, period: '202611', limit: 1000 }]] })
  }
  const first = inPeriod('Deposit', { amount: 0.1 })
  const toldFirst = sample.command(first, deposited(0.1, 0.1))
  sample.command(inPeriod('Deposit', { amount: 1.13 }), deposited(1.13, 1.23))
  sample.command(inPeriod('Withdraw', { amount: 50 }), tooSmall)
  const halves = inPeriod('Deposit', { amount: 300.01 })
  sample.command(halves, {
    events: [
      ['DepositFinished', { accountId: ACCOUNT, amount: 150, balance: 151.23 }],
      ['DepositFinished', { accountId: ACCOUNT, amount: 150.01, balance: 301.24 }]
    ]
  })
  sample.command(inPeriod('PayInterest', { amount: 2 }), { events: [['InterestPaid', { accountId: ACCOUNT, amount: 2, balance: 303.24 }]] })
  sample.command(inPeriod('TransferOut', { amount: 3.24, inCode: 'B' }),
    { events: [['TransferOutFinished', { accountId: ACCOUNT, inCode: 'B', amount: 3.24, balance: 300 }]] })
  sample.command(inPeriod('TransferIn', { amount: 3.24, outCode: 'A' }, OTHER),
    { events: [['TransferInFinished', { accountId: ACCOUNT, outCode: 'A', amount: 3.24, balance: 3.24 }]] })
  sample.command({ type: 'Account', aggId: ACCOUNT, comId: com(), command: 'CreateAccount', body: { owner: 'Ann' } },
    { events: [['AccountCreated', { owner: 'Ann' }]] })

  // A poison, a command that is there twice, one that nobody knows and one that names no aggregate.
  sample.command(inPeriod('Poison', {}), { kind: 'failed', code: 'POISON', message: 'Never came to an end' })
  const twice = inPeriod('SetTransLimit', { transLimit: 900 })
  sample.command(twice, limited(900))
  sample.sent(twice)
  const unknown = sample.append('Transaction', { id: com(), type: 'Invest', data: {}, metadata: { $correlationId: PERIOD } })
  sample.plant('unknown_command', unknown)
  sample.park(unknown)
  const unaddressed = sample.append('Transaction', { id: com(), type: 'Deposit', data: {}, metadata: {} })
  sample.plant('unaddressed_command', unaddressed)
  sample.append('Transaction-Fail', {
    id: unaddressed.id, type: 'Fail', data: 'No aggregate', metadata: { $causationId: unaddressed.id, code: 'NO_AGGREGATE_ID' }
  })
  sample.plant('noise', sample.append('Transaction-Fail', { id: com(), type: 'Fail', data: 1, metadata: {} }))

  // An aggregate that is closed by an event that nobody knows, and what is parked for it.
  sample.plant('closing', sample.append(`Transaction-${CLOSED}`, { id: com(), type: 'Audited', data: {}, metadata: {} }), CLOSED)
  const parked = inPeriod('Deposit', { amount: 1 }, CLOSED)
  sample.park(sample.sent(parked))
  sample.asked(parked, sample.became(parked, undefined), { end: sample.now + 5_100 })

  // The same once more, from another sender; what it was, twice; another body under the id; the id for something else.
  const replay = { ...toldFirst, headers: { 'idempotency-replayed': 'true' } }
  sample.asked(first, replay, { process: 'sender-2' })
  sample.asked(first, {
    kind: 'answered',
    status: 200,
    headers: {},
    body: { status: 'succeeded', aggregate: 'Transaction', aggId: PERIOD, comId: first.comId, revision: 1 }
  }, { method: 'GET' })
  const reused = { kind: 'answered', status: 409, headers: {}, body: { code: 'UNISTREAM_COMMAND_ID_REUSED' } } as const
  sample.asked({ ...first, body: { amount: 7 } }, reused)
  sample.asked({ ...first, aggId: OTHER }, reused)
  const unheard = inPeriod('Deposit', { amount: 5 })
  sample.asked(unheard, { kind: 'answered', status: 404, headers: {}, body: { code: 'UNISTREAM_OUTCOME_NOT_FOUND' } }, { method: 'GET' })
  sample.asked(unheard, {
    kind: 'answered', status: 503, headers: { 'retry-after': '2' }, body: { code: 'UNISTREAM_STORE_UNAVAILABLE' }
  })
  // A client that heard nothing, of a command that has succeeded.
  const unanswered = inPeriod('Deposit', { amount: 10 })
  sample.sent(unanswered)
  sample.became(unanswered, deposited(10, 310))
  sample.asked(unanswered, { kind: 'gave_up' }, { end: sample.now + 1_000 })

  sample.life({ process: 'store', role: 'store' })
  sample.life({ process: 'sender-1', role: 'sender' })
  sample.life({ process: 'sender-2', role: 'sender' })
  const { pid } = sample.life({ process: 'worker-1', role: 'worker' })
  sample.life({ process: 'worker-2', role: 'worker', toldToStop: 40_000, ended: 41_000, code: 0, signal: null })
  sample.life({ process: 'worker-3', role: 'worker', ended: 41_000, code: null, signal: 'SIGKILL', disturbed: true })
  sample.life({ process: 'worker-4', role: 'worker', toldToStop: 40_000, ended: 40_010, code: null, signal: POISON_SIGNAL })
  sample.memory('worker-1', pid, second => 100_000_000 + (second % 7) * 1_000_000)
  sample.settle()
  return { sample, first, halves, twice, parked, unanswered, pid }
}

const NEVER = { ready: undefined } as unknown as { ready: number }

type Good = ReturnType<typeof good>

function found ({ sample }: Pick<Good, 'sample'>): RuleName[] {
  return [...new Set(check(sample.record, sample.streams).violations.map(({ rule }) => rule))]
}

t.test('a name-based id is that of the RFC', t => {
  t.equal(nameBased('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com'), '2ed6657d-e927-568b-95e1-2665a8aea6a2')
  t.end()
})

t.test('a good history passes, and is counted', t => {
  const { sample } = good()
  const { violations, counts } = check(sample.record, sample.streams)
  t.same(violations, [])
  t.match(counts, {
    'commands in the command streams': 17,
    'of them twice or more': 1,
    'parked commands': 2,
    'of them on closed aggregates': 1,
    'failed as poison': 1,
    'of them no poison': 0,
    'commands whose delivery nothing disturbed': 13,
    'money in the streams, in cents': 310_00 + 3_24,
    'money of commands that nobody was answered, in cents': 10_00
  })
  t.end()
})

t.test('types have letters behind their names on a server that others use, too', t => {
  const sample = new Sample()
  const type = 'Transactionmwy2dlys'
  sample.record[0] = { ...setting, types: [{ name: type, refused: 'CommandRefused', group: 'UniStream' }] }
  sample.command({ ...inPeriod('InitPeriod', { accountId: ACCOUNT, limit: 1000 }), type },
    { events: [['PeriodInited', { accountId: ACCOUNT, period: '202611', limit: 1000 }]] })
  sample.command({ ...inPeriod('Deposit', { amount: 1 }), type }, deposited(1, 1))
  sample.settle()
  t.same(found({ sample }), [])
  t.end()
})

/** One thing that is wrong in a good history, and the rule that says so. */
const broken: readonly (readonly [what: string, rule: RuleName, spoil: (history: Good) => void])[] = [
  ['a command that nobody sent', 'invented', ({ sample }) => {
    const command = inPeriod('SetTransLimit', { transLimit: 800 })
    sample.sent(command)
    sample.became(command, limited(800))
  }],
  ['an outcome without its command', 'invented', ({ sample }) => {
    const command = inPeriod('SetTransLimit', { transLimit: 800 })
    sample.asked(command, { kind: 'gave_up' })
    sample.became(command, limited(800))
  }],
  ['an id that is not that of the content', 'wire', ({ sample, first }) => {
    sample.change(LINE, events => events.map(event => event.revision === 1 ? { ...event, id: first.comId } : event))
  }],
  ['metadata that begin with something else', 'wire', ({ sample }) => {
    sample.change('Transaction', events => events.map((event, n) => n === 0 ? { ...event, metadata: { a: 1, ...event.metadata as object } } : event))
  }],
  ['an outcome that does not say of which command', 'wire', ({ sample }) => {
    sample.change(LINE, events => events.map(event => {
      const { command: _command, ...metadata } = event.metadata as Record<string, unknown>
      return event.revision === 0 ? { ...event, metadata } : event
    }))
  }],
  ['a command without an outcome', 'lost', ({ sample }) => {
    const command = inPeriod('SetTransLimit', { transLimit: 800 })
    sample.sent(command)
    sample.asked(command, { kind: 'gave_up' })
  }],
  ['a parked command that was taken out', 'lost', ({ sample }) => {
    sample.change('$persistentsubscription-Transaction::UniStream-parked', ([, ...events]) => events)
  }],
  ['a parked command that could be decided', 'parked', ({ sample }) => {
    const command = inPeriod('SetTransLimit', { transLimit: 800 })
    sample.park(sample.sent(command))
    sample.asked(command, { kind: 'gave_up' })
  }],
  ['a good command that is lost behind a bad one under its id', 'parked', ({ sample }) => {
    const good = inPeriod('Deposit', { amount: 2 })
    const bad = sample.sent({ ...good, body: { amount: 'much' } })
    sample.plant('doubled_unfit', bad, PERIOD)
    sample.sent(good)
    sample.park(bad)
  }],
  ['half of a command', 'torn', ({ sample }) => {
    const command = inPeriod('Deposit', { amount: 400 })
    sample.sent(command)
    sample.became(command, { events: [['DepositFinished', { accountId: ACCOUNT, amount: 200, balance: 510 }], ['DepositFinished', { accountId: ACCOUNT, amount: 200, balance: 710 }]] })
    sample.asked(command, { kind: 'gave_up' })
    // Its money apart, which is nobody's.
    sample.change(LINE, events => events.slice(0, -1))
    sample.command(inPeriod('Withdraw', { amount: 200 }), withdrawn(200, 310))
    sample.command(inPeriod('Deposit', { amount: 0.01 }), deposited(0.01, 310.01))
  }],
  ['an outcome twice', 'doubled', ({ sample, twice }) => { sample.became(twice, limited(900)) }],
  ['a failure beside a success', 'contradicted', ({ sample, unanswered }) => {
    const poison = { ...unanswered, command: 'Poison', body: {} }
    sample.became(poison, { kind: 'failed', code: 'POISON', message: 'Never came to an end' })
    sample.sent(poison)
    sample.asked(poison, { kind: 'gave_up' })
  }],
  ['a failure beside the aggregate\'s stream', 'state', ({ sample }) => {
    const command = inPeriod('SetTransLimit', { transLimit: 800 })
    sample.sent(command)
    sample.asked(command, { kind: 'gave_up' })
    sample.append('Transaction-Fail', { id: command.comId, type: 'Fail', data: 'no', metadata: { $correlationId: PERIOD, code: 'DEFECT' } })
  }],
  ['a refusal that the state does not give', 'state', ({ sample }) => { sample.command(inPeriod('Withdraw', { amount: 1 }), tooSmall) }],
  ['a success that the state does not give', 'state', ({ sample }) => {
    sample.command(inPeriod('ChangeLimit', { limit: 500 }), { events: [['LimitChanged', { limit: 500, transLimit: 600 }]] })
  }],
  ['events of the new version, where none was', 'state', ({ sample }) => {
    for (const [n, entry] of sample.record.entries()) {
      if (entry.kind === 'life') sample.record[n] = { ...entry, version: 'old' }
    }
  }],
  ['an outcome behind an event that nobody knows', 'state', ({ sample }) => {
    sample.command(inPeriod('SetTransLimit', { transLimit: 800 }, CLOSED), limited(800))
  }],
  ['a healthy command that is taken for a poison', 'state', ({ sample }) => {
    sample.command(inPeriod('SetTransLimit', { transLimit: 800 }), { kind: 'failed', code: 'POISON', message: 'Never came to an end' })
  }],
  ['a failure without a reason', 'state', ({ sample }) => {
    sample.command(inPeriod('SetTransLimit', { transLimit: 800 }), { kind: 'failed', code: 'DEFECT', message: 'A defect' })
  }],
  ['a balance that does not follow', 'balances', ({ sample }) => {
    sample.command(inPeriod('Deposit', { amount: 1 }), deposited(1, 311.01))
    sample.command(inPeriod('Withdraw', { amount: 1 }), withdrawn(1, 310))
  }],
  ['money out of nowhere', 'balances', ({ sample }) => { sample.command(inPeriod('Deposit', { amount: 1 }), deposited(1, 312)) }],
  ['a success that does not stand', 'answers', ({ sample }) => {
    const command = inPeriod('SetTransLimit', { transLimit: 800 })
    sample.asked(command, { kind: 'answered', status: 201, headers: {}, body: { aggregate: 'Transaction', aggId: PERIOD, comId: command.comId, revision: 99 } })
  }],
  ['another revision', 'answers', ({ sample, first }) => {
    sample.asked(first, { kind: 'answered', status: 201, headers: {}, body: { aggregate: 'Transaction', aggId: PERIOD, comId: first.comId, revision: 2 } })
  }],
  ['other events', 'answers', ({ sample, first }) => {
    sample.asked(first, {
      kind: 'answered',
      status: 201,
      headers: {},
      body: { aggregate: 'Transaction', aggId: PERIOD, comId: first.comId, revision: 1, events: [{ type: 'DepositFinished', data: {} }] }
    })
  }],
  ['a refusal of what has succeeded', 'answers', ({ sample, first }) => {
    sample.asked(first, { kind: 'answered', status: 422, headers: {}, body: { aggregate: 'Transaction', aggId: PERIOD, comId: first.comId, code: 'X', detail: 'x' } })
  }],
  ['the outcome of another body', 'answers', ({ sample, twice }) => {
    const body = { aggregate: 'Transaction', aggId: PERIOD, comId: twice.comId, revision: 10 }
    sample.asked({ ...twice, body: { transLimit: 700 } }, { kind: 'answered', status: 201, headers: {}, body })
  }],
  ['a reuse that is none', 'answers', ({ sample, twice }) => {
    sample.asked(twice, { kind: 'answered', status: 409, headers: {}, body: { code: 'UNISTREAM_COMMAND_ID_REUSED' } })
  }],
  ['forgotten', 'answers', ({ sample, first }) => {
    sample.asked(first, { kind: 'answered', status: 404, headers: {}, body: { code: 'UNISTREAM_OUTCOME_NOT_FOUND' } }, { method: 'GET' })
  }],
  ['open again', 'answers', ({ sample, first }) => { sample.asked(first, sample.became(first, undefined), { method: 'GET' }) }],
  ['open again in the calm', 'answers', ({ sample, first }) => { sample.asked(first, sample.became(first, undefined)) }],
  ['refused for now in the calm', 'answers', ({ sample, first }) => {
    sample.asked(first, { kind: 'answered', status: 503, headers: { 'retry-after': '1' }, body: { code: 'UNISTREAM_STORE_UNAVAILABLE' } })
  }],
  ['open, and nowhere', 'answers', ({ sample }) => {
    const command = inPeriod('SetTransLimit', { transLimit: 800 })
    sample.asked(command, sample.became(command, undefined))
  }],
  ['open by GET, and nowhere, whatever breaks', 'answers', ({ sample }) => {
    const command = inPeriod('SetTransLimit', { transLimit: 800 })
    sample.fault({ name: 'store_hung', start: sample.now, end: sample.now + 10, targets: ['store'] })
    sample.asked(command, sample.became(command, undefined), { method: 'GET' })
  }],
  ['an error of the inside', 'answers', ({ sample, first }) => {
    sample.asked(first, { kind: 'answered', status: 500, headers: {}, body: { code: 'UNISTREAM_INTERNAL' } })
  }],
  ['decided before an earlier one', 'order', ({ sample }) => {
    const early = inPeriod('SetTransLimit', { transLimit: 800 })
    const late = inPeriod('SetTransLimit', { transLimit: 700 })
    sample.sent(early)
    sample.sent(late)
    const start = sample.now
    sample.asked(late, sample.became(late, limited(700)), { start })
    sample.asked(early, sample.became(early, limited(800)), { start })
  }],
  ['before what was answered, while everything breaks', 'order', ({ sample }) => {
    const early = inPeriod('SetTransLimit', { transLimit: 800 })
    const late = inPeriod('SetTransLimit', { transLimit: 700 })
    sample.fault({ name: 'kill', start: sample.now - 10, end: sample.now + 100_000, targets: ['worker-1'] })
    sample.sent(early)
    sample.sent(late)
    const toldLate = sample.became(late, limited(700))
    sample.asked(early, sample.became(early, limited(800)))
    sample.asked(late, toldLate)
  }],
  ['an answer that comes too late', 'waiting', ({ sample, unanswered }) => {
    const { answer } = sample.asked(unanswered, { kind: 'answered', status: 503, headers: { 'retry-after': '1' }, body: { code: 'UNISTREAM_OVERLOADED' } })
    sample.asked(unanswered, answer, { end: sample.now + 8_100 })
  }],
  ['an answer that never comes', 'waiting', ({ sample, first }) => { sample.asked(first, { kind: 'gave_up' }, { end: sample.now + 20_000 }) }],
  ['a connection that nobody broke', 'waiting', ({ sample, first }) => { sample.asked(first, { kind: 'broken', error: 'ECONNRESET' }) }],
  ['a process that is never ready', 'ready', ({ sample }) => { sample.life({ process: 'worker-9', role: 'worker', ...NEVER }) }],
  ['a process that is ready late', 'ready', ({ sample }) => { sample.life({ process: 'worker-9', role: 'worker', ready: 99_000 }) }],
  ['a process that gives up after a long time', 'ready', ({ sample }) => {
    sample.life({ process: 'worker-9', role: 'worker', ...NEVER, toldToStop: 99_000, ended: 99_100, code: 0, signal: null })
  }],
  ['a process that does not stand again', 'ready', ({ sample }) => { sample.life({ process: 'worker-9', role: 'worker', unready: 50_000 }) }],
  ['a process that does not stop', 'stopping', ({ sample }) => {
    sample.life({ process: 'sender-3', role: 'sender', toldToStop: 40_000, ended: 49_000, code: 0, signal: null })
  }],
  ['a process that stops with a code', 'stopping', ({ sample }) => {
    sample.life({ process: 'sender-3', role: 'sender', toldToStop: 40_000, ended: 41_000, code: 1, signal: null })
  }],
  ['a process that never stops', 'stopping', ({ sample }) => { sample.life({ process: 'sender-3', role: 'sender', toldToStop: 40_000 }) }],
  ['a process that ends by itself', 'crashed', ({ sample }) => { sample.life({ process: 'sender-3', role: 'sender', ended: 49_000, code: 1, signal: null }) }],
  ['a process that somebody else has killed', 'crashed', ({ sample }) => { sample.life({ process: 'worker-9', role: 'worker', ended: 49_000, code: null, signal: 'SIGKILL' }) }],
  ['memory that grows', 'memory', ({ sample }) => { sample.memory('worker-4', 7, second => 100_000_000 + second * 2_000_000) }],
  ['memory above its bound', 'memory', ({ sample }) => { sample.memory('worker-4', 7, () => 500_000_001) }],
  ['an order that nobody could look at', 'settled', ({ sample }) => { sample.record[0] = { ...setting, leastOrdered: 100 } }],
  ['no rest', 'settled', ({ sample }) => { sample.record.splice(sample.record.findIndex(({ kind }) => kind === 'settled'), 1) }]
]

for (const [what, rule, spoil] of broken) {
  t.test(`${rule}: ${what}`, t => {
    const history = good()
    spoil(history)
    t.same(found(history), [rule])
    t.end()
  })
}

t.test('each rule has a history that it rejects', t => {
  t.same(new Set(broken.map(([, rule]) => rule)), new Set(rules.map(({ name }) => name)))
  t.end()
})

t.test('the sum over all accounts is held against the answers', t => {
  const { sample } = good()
  sample.command(inPeriod('Deposit', { amount: 1 }), deposited(1, 312))
  const messages = check(sample.record, sample.streams).violations.map(({ message }) => message)
  t.same(messages, ['An event tells a balance of 312, where 311 is right', 'All accounts hold 315.24, and by the answers 314.24'])
  t.end()
})

t.test('what a fault excuses', t => {
  t.test('an order that a fault has disturbed', t => {
    const history = good()
    const { sample } = history
    const early = inPeriod('SetTransLimit', { transLimit: 800 })
    const late = inPeriod('SetTransLimit', { transLimit: 700 })
    sample.fault({ name: 'kill', start: sample.now - setting.messageTimeout, end: sample.now - setting.messageTimeout, targets: ['worker-1'] })
    sample.sent(early)
    sample.sent(late)
    const start = sample.now
    sample.asked(late, sample.became(late, limited(700)), { start })
    sample.asked(early, sample.became(early, limited(800)), { start })
    t.same(found(history), [])
    t.end()
  })
  t.test('open in the calm, and told when it is asked for again', t => {
    const history = good()
    const { sample, first } = history
    sample.asked(first, sample.became(first, undefined))
    sample.asked(first, { kind: 'answered', status: 201, headers: {}, body: { aggregate: 'Transaction', aggId: PERIOD, comId: first.comId, revision: 1 } })
    t.same(found(history), [])
    t.end()
  })
  t.test('open, and nowhere, where the store hung: nobody can know', t => {
    const history = good()
    const { sample } = history
    const command = inPeriod('SetTransLimit', { transLimit: 800 })
    sample.fault({ name: 'store_hung', start: sample.now - 10_000, end: sample.now - 2_000, targets: ['store'] })
    sample.asked(command, sample.became(command, undefined))
    t.same(found(history), [])
    t.end()
  })
  t.test('a start during which the store hung, and an end during one', t => {
    const history = good()
    const { sample } = history
    sample.fault({ name: 'half_open', start: 20_000, end: 40_000, targets: ['worker-9'] })
    sample.life({ process: 'worker-9', role: 'worker', started: 10_000, ready: 115_000 })
    sample.life({ process: 'worker-9', role: 'worker', ...NEVER, started: 10_000, ended: 12_000, disturbed: true })
    t.same(found(history), [])
    t.end()
  })
  t.test('one of two commands under one id, where nobody sweeps, and only there', t => {
    const history = good()
    const { sample } = history
    const forgotten = inPeriod('SetTransLimit', { transLimit: 800 })
    const other = { ...forgotten, aggId: OTHER }
    sample.sent(forgotten)
    sample.asked(forgotten, { kind: 'gave_up' })
    sample.command(other, { events: [['TransLimitSetted', { transLimit: 800 }]] })
    const bad = sample.sent({ ...inPeriod('Deposit', { amount: 2 }), body: { amount: 'much' } })
    sample.plant('doubled_unfit', bad, PERIOD)
    sample.sent({ aggId: PERIOD, comId: bad.id, command: 'Deposit', body: { amount: 2 } })
    sample.park(bad)
    t.same(found(history), ['lost', 'parked'])
    sample.record[0] = { ...setting, swept: false }
    t.same(found(history), [])
    const lost = inPeriod('SetTransLimit', { transLimit: 700 })
    sample.sent(lost)
    sample.sent(lost)
    sample.asked(lost, { kind: 'gave_up' })
    t.same(found(history), ['lost'], 'the same command twice excuses nothing')
    t.end()
  })
  t.test('waiting for a frozen sender, and a connection to one that is killed', t => {
    const history = good()
    const { sample, first } = history
    sample.fault({ name: 'freeze', start: sample.now, end: sample.now + 10_000, targets: ['sender-1'] })
    sample.asked(first, { kind: 'gave_up' }, { end: sample.now + 17_000 })
    sample.life({ process: 'sender-4', role: 'sender', ended: sample.now + 10, code: null, signal: 'SIGKILL', disturbed: true })
    sample.asked(first, { kind: 'broken', error: 'ECONNRESET' }, { process: 'sender-4' })
    t.same(found(history), [])
    t.end()
  })
  t.end()
})

t.test('a record without its setting is none', t => {
  t.throws(() => check([], new Map()), { message: /no setting/ })
  t.end()
})
