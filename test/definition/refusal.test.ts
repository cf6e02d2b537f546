import t from 'tap'
import { isRefusal, refuse } from '../../lib/definition/index.js'
import { refusedWith } from './define.js'

t.test('a refusal has a code, a message, and details if there are any', async t => {
  const plain = refuse('ALREADY_VERIFIED', 'The account is verified already.')
  t.strictSame({ ...plain }, { code: 'ALREADY_VERIFIED', message: 'The account is verified already.' })
  const detailed = refuse('TOO_MUCH', 'Too much.', { amounts: [1, 2] })
  t.strictSame({ ...detailed }, { code: 'TOO_MUCH', message: 'Too much.', details: { amounts: [1, 2] } })
  t.equal(JSON.stringify(detailed), '{"code":"TOO_MUCH","message":"Too much.","details":{"amounts":[1,2]}}')
})

t.test('cannot be changed', async t => {
  const details = { amounts: [1] }
  const refusal = refuse('NO', 'No.', details)
  t.throws(() => { (refusal as { code: string }).code = 'YES' }, TypeError)
  t.throws(() => details.amounts.push(2), TypeError)
})

t.test('is told from everything else', async t => {
  t.ok(isRefusal(refuse('NO', 'No.')))
  for (const other of [{ code: 'NO', message: 'No.' }, { type: 'A', data: {} }, [], null, undefined, 'NO', Object.create(refuse('NO', 'No.'))]) {
    t.notOk(isRefusal(other))
  }
})

t.test('one without a code or a message, or with details that are no JSON, is an error', async t => {
  const wrong: Array<[unknown[], RegExp]> = [
    [['', 'No.'], /no code/],
    [[undefined, 'No.'], /no code/],
    [['NO', ''], /no message for NO/],
    [['NO'], /no message for NO/],
    [['NO', 'No.', { at: new Date() }], /details for NO that cannot be stored: details\/at must be a plain object/],
    [['NO', 'No.', 1n], /details is a bigint/]
  ]
  for (const [given, message] of wrong) {
    const refused = refusedWith(() => refuse(...given as [string, string, unknown]))
    t.equal(refused.code, 'UNISTREAM_REFUSAL_INVALID')
    t.match(refused.message, message)
  }
})
