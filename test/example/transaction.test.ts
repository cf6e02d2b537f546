import t from 'tap'
import { Transaction } from '../../example-app/transaction.js'
import type { DomainEvent } from '../../lib/definition/index.js'
import { after, decided } from './scenario.js'

const accountId = '55a6d2e9-5e5d-4568-8d8b-5227bc022c50'
const nil = '00000000-0000-0000-0000-000000000000'
const inited = { type: 'PeriodInited', data: { accountId, period: '202401', limit: 500 } }
const opened = { type: 'PeriodOpened', data: { accountId, period: '202402' } }

const when = (events: readonly DomainEvent[], command: string, data: unknown, now?: string) =>
  decided(Transaction, events, command, data, now === undefined ? {} : { now: new Date(now) })

/** A period in effect with this balance. */
const withBalance = (balance: number, transLimit = 500): DomainEvent[] =>
  [opened, { type: 'LimitSetted', data: { limit: 1000, transLimit, balance } }]

function limitFaults (name: string): Array<[unknown, string]> {
  return [
    [99.99, `/${name} must be at least 100`],
    [100000.01, `/${name} must be at most 100000`],
    [100.001, `/${name} must have at most 2 decimal places`],
    ['100', `/${name} must be a number`]
  ]
}

const amountFaults: Array<[unknown, string]> = [
  [0, '/amount must be at least 0.01'],
  [-1, '/amount must be at least 0.01'],
  [1.131, '/amount must have at most 2 decimal places'],
  [70000000000000.02, '/amount must be at most 70000000000000'],
  [Infinity, '/amount is too large a number'],
  ['1', '/amount must be a number'],
  [null, '/amount must be a number']
]

const accountFaults: Array<[unknown, string]> = [
  [nil, `/accountId must not be "${nil}"`],
  ['A-1', '/accountId must be a UUID'],
  ['', '/accountId must be a UUID'],
  [1, '/accountId must be a string']
]

t.test('two commands create', async t => {
  t.strictSame(Object.keys(Transaction.commands.commands).filter(name => Transaction.creates(name as 'Deposit')), ['InitPeriod', 'OpenPeriod'])
})

t.test('InitPeriod begins the period of this month, in UTC, in effect', async t => {
  t.strictSame(when([], 'InitPeriod', { accountId, limit: 500 }), inited)
  const months: Array<[string, string]> = [
    ['2024-01-31T23:59:59.999Z', '202401'], ['2024-02-01T00:00:00Z', '202402'], ['2024-12-31T23:59:59Z', '202412'], ['2024-01-01T02:00:00+05:00', '202312']
  ]
  for (const [now, period] of months) t.match(when([], 'InitPeriod', { accountId, limit: 500 }, now), { data: { period } })
  t.match(when([], 'InitPeriod', { accountId: accountId.toUpperCase(), limit: 500 }), { data: { accountId } })
  t.strictSame(after(Transaction, [inited]), { accountId, balance: 0, period: '202401', limit: 50000, transLimit: 50000 })
})

t.test('InitPeriod needs an account and a limit', async t => {
  t.strictSame(when([], 'InitPeriod', {}), { faults: ['/accountId is missing', '/limit is missing'] })
  for (const [accountId, fault] of accountFaults) t.strictSame(when([], 'InitPeriod', { accountId, limit: 500 }), { faults: [fault] })
  for (const [limit, fault] of limitFaults('limit')) t.strictSame(when([], 'InitPeriod', { accountId, limit }), { faults: [fault] })
})

t.test('OpenPeriod begins the period of next month, in UTC, not in effect', async t => {
  t.strictSame(when([], 'OpenPeriod', { accountId }), opened)
  const months: Array<[string, string]> = [['2024-01-31T23:59:59Z', '202402'], ['2024-12-01T00:00:00Z', '202501'], ['2023-11-30T12:00:00Z', '202312']]
  for (const [now, period] of months) t.match(when([], 'OpenPeriod', { accountId }, now), { data: { period } })
  t.match(when([], 'OpenPeriod', { accountId: accountId.toUpperCase() }), { data: { accountId } })
  t.strictSame(after(Transaction, [opened]), { accountId, balance: 0, period: '202402', limit: 0, transLimit: 0 })
})

t.test('OpenPeriod needs an account', async t => {
  t.strictSame(when([], 'OpenPeriod', {}), { faults: ['/accountId is missing'] })
  for (const [accountId, fault] of accountFaults) t.strictSame(when([], 'OpenPeriod', { accountId }), { faults: [fault] })
})

t.test('SetLimit brings a period into effect', async t => {
  const data = { limit: 1000, transLimit: 1000, balance: 250.75 }
  t.strictSame(when([opened], 'SetLimit', data), { type: 'LimitSetted', data })
  t.match(when([opened], 'SetLimit', { ...data, balance: 0 }), { data: { balance: 0 } })
  t.strictSame(after(Transaction, [opened, { type: 'LimitSetted', data }]), { accountId, balance: 25075, period: '202402', limit: 100000, transLimit: 100000 })
})

t.test('SetLimit needs both limits and a balance', async t => {
  const data = { limit: 1000, transLimit: 500, balance: 0 }
  t.strictSame(when([opened], 'SetLimit', {}), { faults: ['/limit is missing', '/transLimit is missing', '/balance is missing'] })
  for (const [limit, fault] of limitFaults('limit')) t.strictSame(when([opened], 'SetLimit', { ...data, limit }), { faults: [fault] })
  for (const [transLimit, fault] of limitFaults('transLimit')) t.strictSame(when([opened], 'SetLimit', { ...data, transLimit }), { faults: [fault] })
  t.strictSame(when([opened], 'SetLimit', { ...data, balance: -0.01 }), { faults: ['/balance must be at least 0'] })
  t.strictSame(when([opened], 'SetLimit', { ...data, balance: 0.001 }), { faults: ['/balance must have at most 2 decimal places'] })
  t.strictSame(when([opened], 'SetLimit', { ...data, balance: 70000000000000.02 }), { faults: ['/balance must be at most 70000000000000'] })
})

t.test('SetLimit is refused when transLimit is above limit, and then when the limit is set', async t => {
  const above = {
    refused: 'TRANS_LIMIT_ABOVE_LIMIT',
    message: 'The limit of 1000.01 for each transaction is above the limit of 1000.00 of the period.'
  }
  t.strictSame(when([opened], 'SetLimit', { limit: 1000, transLimit: 1000.01, balance: 0 }), above)
  t.strictSame(when([inited], 'SetLimit', { limit: 1000, transLimit: 1000.01, balance: 0 }), above, 'the first check that fails tells')
  for (const events of [[inited], withBalance(0)]) {
    t.match(when(events, 'SetLimit', { limit: 1000, transLimit: 500, balance: 0 }), { refused: 'LIMIT_ALREADY_SET' })
  }
  t.match(when([inited], 'SetLimit', { limit: 1000, transLimit: 500, balance: 0 }), { message: 'The limit of the period is set already: it is 500.00.' })
})

t.test('ChangeLimit changes the limit, and the limit of each transaction comes down with it', async t => {
  t.strictSame(when(withBalance(0, 500), 'ChangeLimit', { limit: 2000 }), { type: 'LimitChanged', data: { limit: 2000, transLimit: 500 } })
  t.strictSame(when(withBalance(0, 500), 'ChangeLimit', { limit: 300.5 }), { type: 'LimitChanged', data: { limit: 300.5, transLimit: 300.5 } })
  t.strictSame(when(withBalance(0, 500), 'ChangeLimit', { limit: 500 }), { type: 'LimitChanged', data: { limit: 500, transLimit: 500 } })
  t.match(after(Transaction, [...withBalance(7), { type: 'LimitChanged', data: { limit: 300, transLimit: 200 } }]), { limit: 30000, transLimit: 20000, balance: 700 })
})

t.test('ChangeLimit needs a limit, and a period in effect', async t => {
  t.strictSame(when(withBalance(0), 'ChangeLimit', {}), { faults: ['/limit is missing'] })
  for (const [limit, fault] of limitFaults('limit')) t.strictSame(when(withBalance(0), 'ChangeLimit', { limit }), { faults: [fault] })
  t.match(when([opened], 'ChangeLimit', { limit: 500 }), { refused: 'PERIOD_NOT_IN_EFFECT' })
})

t.test('SetTransLimit changes the limit of each transaction', async t => {
  t.strictSame(when(withBalance(0), 'SetTransLimit', { transLimit: 1000 }), { type: 'TransLimitSetted', data: { transLimit: 1000 } })
  t.match(after(Transaction, [...withBalance(7), { type: 'TransLimitSetted', data: { transLimit: 200 } }]), { limit: 100000, transLimit: 20000, balance: 700 })
})

t.test('SetTransLimit needs a limit that is not above that of the period', async t => {
  t.strictSame(when(withBalance(0), 'SetTransLimit', {}), { faults: ['/transLimit is missing'] })
  for (const [transLimit, fault] of limitFaults('transLimit')) t.strictSame(when(withBalance(0), 'SetTransLimit', { transLimit }), { faults: [fault] })
  t.strictSame(when(withBalance(0), 'SetTransLimit', { transLimit: 1000.01 }), {
    refused: 'TRANS_LIMIT_ABOVE_LIMIT', message: 'The limit of 1000.01 for each transaction is above the limit of 1000.00 of the period.'
  })
  t.match(when([opened], 'SetTransLimit', { transLimit: 100 }), { refused: 'TRANS_LIMIT_ABOVE_LIMIT' })
})

const more: Record<string, object> = { Deposit: {}, Withdraw: {}, TransferOut: { inCode: 'A-2' }, TransferIn: { outCode: 'A-1' } }

for (const command of ['Deposit', 'Withdraw', 'TransferOut', 'TransferIn']) {
  const pays = (amount: unknown) => ({ amount, ...more[command] })

  t.test(`${command} needs an amount of 0.01 or more`, async t => {
    for (const [amount, fault] of amountFaults) t.strictSame(when(withBalance(100), command, pays(amount)), { faults: [fault] })
    t.strictSame(when(withBalance(100), command, more[command]), { faults: ['/amount is missing'] })
    t.match(when(withBalance(100), command, pays(0.01)), { type: `${command}Finished` })
    t.match(when(withBalance(100), command, { ...pays(1), x: 1 }), { faults: ['/x is not known here'] })
  })

  t.test(`${command} needs a period in effect, before all else`, async t => {
    t.strictSame(when([opened], command, pays(1_000_000)),
      { refused: 'PERIOD_NOT_IN_EFFECT', message: 'The period is not in effect: its limit is not set.' })
  })

  t.test(`${command} is refused above the limit of each transaction`, async t => {
    t.strictSame(when(withBalance(900), command, pays(500.01)),
      { refused: 'ABOVE_TRANS_LIMIT', message: 'The amount of 500.01 is above the limit of 500.00 for each transaction.' })
    t.match(when(withBalance(900), command, pays(500)), { type: `${command}Finished` })
  })
}

for (const command of ['Withdraw', 'TransferOut']) {
  t.test(`${command} is refused above the balance, before the limit of each transaction`, async t => {
    t.strictSame(when(withBalance(100.25), command, { amount: 100.26, ...more[command] }),
      { refused: 'BALANCE_TOO_SMALL', message: 'The amount of 100.26 is above the balance of 100.25.' })
    t.match(when(withBalance(100), command, { amount: 600, ...more[command] }), { refused: 'BALANCE_TOO_SMALL' })
    t.match(when(withBalance(100.25), command, { amount: 100.25, ...more[command] }), { data: { balance: 0 } })
  })
}

for (const command of ['Deposit', 'TransferIn']) {
  t.test(`${command} is refused when the balance could not be kept exactly`, async t => {
    t.strictSame(when(withBalance(69999999999999.99), command, { amount: 0.02, ...more[command] }), {
      refused: 'BALANCE_TOO_LARGE', message: 'The balance would be 70000000000000.01, above the largest possible one of 70000000000000.00.'
    })
    t.match(when(withBalance(69999999999999.99), command, { amount: 0.01, ...more[command] }), { data: { balance: 70000000000000 } })
    t.match(when(withBalance(70000000000000), command, { amount: 600, ...more[command] }), { refused: 'ABOVE_TRANS_LIMIT' })
  })
}

t.test('TransferOut needs the code of who gets it, TransferIn of who gives it', async t => {
  t.strictSame(when(withBalance(100), 'TransferOut', { amount: 1 }), { faults: ['/inCode is missing'] })
  t.strictSame(when(withBalance(100), 'TransferOut', { amount: 1, inCode: '' }), { faults: ['/inCode must not be empty'] })
  t.strictSame(when(withBalance(100), 'TransferIn', { amount: 1 }), { faults: ['/outCode is missing'] })
  t.strictSame(when(withBalance(100), 'TransferIn', { amount: 1, outCode: '' }), { faults: ['/outCode must not be empty'] })
})

t.test('the events carry the account, the amount and the balance after it', async t => {
  t.strictSame(when(withBalance(0.1), 'Deposit', { amount: 0.2 }), { type: 'DepositFinished', data: { accountId, amount: 0.2, balance: 0.3 } })
  t.strictSame(when(withBalance(0.3), 'Withdraw', { amount: 0.1 }), { type: 'WithdrawFinished', data: { accountId, amount: 0.1, balance: 0.2 } })
  t.strictSame(when(withBalance(1.13), 'TransferOut', { amount: 0.13, inCode: 'A-2' }),
    { type: 'TransferOutFinished', data: { accountId, inCode: 'A-2', amount: 0.13, balance: 1 } })
  t.strictSame(when(withBalance(1.13), 'TransferIn', { amount: 2.26, outCode: 'A-1' }),
    { type: 'TransferInFinished', data: { accountId, outCode: 'A-1', amount: 2.26, balance: 3.39 } })
})

t.test('the balance of a period follows its events to the cent', async t => {
  let events: DomainEvent[] = withBalance(0)
  for (let times = 1; times <= 100; times++) {
    const { data } = when(events, 'Deposit', { amount: 0.1 }) as DomainEvent<string, { balance: number }>
    events = withBalance(data.balance)
  }
  t.match(after(Transaction, events), { balance: 1000 })
  for (const [type, data] of Object.entries({
    WithdrawFinished: { accountId, amount: 1, balance: 9 },
    TransferOutFinished: { accountId, inCode: 'A-2', amount: 1, balance: 8.5 },
    TransferInFinished: { accountId, outCode: 'A-1', amount: 1, balance: 9.25 }
  })) {
    t.match(after(Transaction, [...events, { type, data }]), { balance: data.balance * 100 })
  }
})

t.test('a stored amount that cannot be kept exactly is an error, and not a wrong balance', async t => {
  t.throws(() => Transaction.evolve('DepositFinished', Transaction.initialState, { accountId, amount: 1, balance: 7e28 }),
    { name: 'RangeError' })
})
