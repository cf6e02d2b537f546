import t from 'tap'
import { Account } from '../../example-app/account.js'
import { after, aggId, decided } from './scenario.js'

const created = { type: 'AccountCreated', data: { owner: 'Ann' } }
const passed = { type: 'AccountVerified', data: { verifiedBy: 'Bob', verified: true, conclusion: true } }
const failed = { type: 'AccountVerified', data: { verifiedBy: 'Bob', verified: true, conclusion: false } }
const approved = { type: 'AccountApproved', data: { accountId: aggId, approvedBy: 'Carol', approved: true, limit: 1000.5 } }
const turnedDown = { type: 'AccountApproved', data: { accountId: aggId, approvedBy: 'Carol', approved: false, limit: 0 } }

const limitFaults: Array<[unknown, string]> = [
  [99.99, '/limit must be at least 100'],
  [0, '/limit must be at least 100'],
  [100000.01, '/limit must be at most 100000'],
  [100.001, '/limit must have at most 2 decimal places'],
  ['100', '/limit must be a number'],
  [undefined, '/limit is undefined, which JSON cannot carry']
]

t.test('CreateAccount creates, and needs an owner who is not blank', async t => {
  t.equal(Account.creates('CreateAccount'), true)
  t.strictSame(decided(Account, [], 'CreateAccount', { owner: 'Ann' }), created)
  t.strictSame(decided(Account, [], 'CreateAccount', {}), { faults: ['/owner is missing'] })
  for (const owner of ['', ' ', '\t\n\u00a0']) t.strictSame(decided(Account, [], 'CreateAccount', { owner }), { faults: ['/owner must not be blank'] })
  t.strictSame(decided(Account, [], 'CreateAccount', { owner: 5, code: 'x' }), { faults: ['/code is not known here', '/owner must be a string'] })
})

t.test('only CreateAccount creates', async t => {
  for (const command of ['VerifyAccount', 'ApproveAccount', 'LimitAccount'] as const) t.equal(Account.creates(command), false)
})

t.test('VerifyAccount records a conclusion', async t => {
  for (const conclusion of [true, false]) {
    t.strictSame(decided(Account, [created], 'VerifyAccount', { verifiedBy: 'Bob', conclusion }),
      { type: 'AccountVerified', data: { verifiedBy: 'Bob', verified: true, conclusion } })
  }
})

t.test('VerifyAccount needs who verified, and a conclusion', async t => {
  t.strictSame(decided(Account, [created], 'VerifyAccount', {}), { faults: ['/verifiedBy is missing', '/conclusion is missing'] })
  t.strictSame(decided(Account, [created], 'VerifyAccount', { verifiedBy: '', conclusion: 'yes' }),
    { faults: ['/verifiedBy must not be empty', '/conclusion must be true or false'] })
})

t.test('VerifyAccount is refused the second time, and tells the earlier conclusion', async t => {
  t.strictSame(decided(Account, [created, passed], 'VerifyAccount', { verifiedBy: 'Eve', conclusion: false }),
    { refused: 'ALREADY_VERIFIED', message: 'The account is verified already, with the conclusion: passed.' })
  t.strictSame(decided(Account, [created, failed], 'VerifyAccount', { verifiedBy: 'Eve', conclusion: true }),
    { refused: 'ALREADY_VERIFIED', message: 'The account is verified already, with the conclusion: not passed.' })
})

t.test('ApproveAccount gives the limit when approved, and none when not', async t => {
  const data = { approvedBy: 'Carol', limit: 1000.5 }
  t.strictSame(decided(Account, [created, passed], 'ApproveAccount', { ...data, approved: true }), approved)
  t.strictSame(decided(Account, [created, passed], 'ApproveAccount', { ...data, approved: false }), turnedDown)
  for (const limit of [100, 100.01, 100000]) {
    t.match(decided(Account, [created, passed], 'ApproveAccount', { approvedBy: 'Carol', approved: true, limit }), { data: { limit } })
  }
})

t.test('ApproveAccount needs who decided, what, and a limit of 100 to 100000', async t => {
  t.strictSame(decided(Account, [created, passed], 'ApproveAccount', {}), { faults: ['/approvedBy is missing', '/approved is missing', '/limit is missing'] })
  t.strictSame(decided(Account, [created, passed], 'ApproveAccount', { approvedBy: '', approved: 1, limit: 500 }),
    { faults: ['/approvedBy must not be empty', '/approved must be true or false'] })
  for (const approved of [true, false]) {
    for (const [limit, fault] of limitFaults) {
      t.strictSame(decided(Account, [created, passed], 'ApproveAccount', { approvedBy: 'Carol', approved, limit }), { faults: [fault] })
    }
  }
})

t.test('ApproveAccount is refused until the verification has passed', async t => {
  for (const events of [[created], [created, failed]]) {
    t.strictSame(decided(Account, events, 'ApproveAccount', { approvedBy: 'Carol', approved: true, limit: 500 }),
      { refused: 'VERIFICATION_NOT_PASSED', message: 'The verification of the account has not passed.' })
  }
})

t.test('LimitAccount changes the limit', async t => {
  t.strictSame(decided(Account, [created, passed, approved], 'LimitAccount', { limit: 2000 }),
    { type: 'AccountLimited', data: { accountId: aggId, limit: 2000 } })
  for (const [limit, fault] of limitFaults) {
    t.strictSame(decided(Account, [created, passed, approved], 'LimitAccount', { limit }), { faults: [fault] })
  }
  t.strictSame(decided(Account, [created, passed, approved], 'LimitAccount', {}), { faults: ['/limit is missing'] })
})

t.test('LimitAccount is refused while the account is not approved', async t => {
  for (const events of [[created], [created, passed], [created, passed, turnedDown]]) {
    t.strictSame(decided(Account, events, 'LimitAccount', { limit: 2000 }), { refused: 'NOT_APPROVED', message: 'The account is not approved.' })
  }
})

t.test('LimitAccount is refused when nothing changes', async t => {
  t.strictSame(decided(Account, [created, passed, approved], 'LimitAccount', { limit: 1000.50 }),
    { refused: 'SAME_LIMIT', message: 'The limit is 1000.50 already.' })
  const limited = { type: 'AccountLimited', data: { accountId: aggId, limit: 2000 } }
  t.strictSame(decided(Account, [created, passed, approved, limited], 'LimitAccount', { limit: 2000 }),
    { refused: 'SAME_LIMIT', message: 'The limit is 2000.00 already.' })
  t.match(decided(Account, [created, passed, approved, limited], 'LimitAccount', { limit: 1000.5 }), { type: 'AccountLimited' })
})

t.test('the state follows the events', async t => {
  t.strictSame(after(Account, []), {
    code: '', owner: '', limit: 0, verifiedBy: '', verified: false, verifyConclusion: false, approvedBy: '', approved: false
  })
  t.strictSame(after(Account, [created, passed, approved]), {
    code: '', owner: 'Ann', limit: 100050, verifiedBy: 'Bob', verified: true, verifyConclusion: true, approvedBy: 'Carol', approved: true
  })
  t.match(after(Account, [created, passed, turnedDown]), { approvedBy: 'Carol', approved: false, limit: 0 })
})
