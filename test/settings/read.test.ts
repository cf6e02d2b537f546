import { hostname } from 'node:os'
import t from 'tap'
import { isVariableOf, readSettings } from '../../lib/settings/index.js'
import type { Environment, SettingsOptions } from '../../lib/settings/index.js'

const aggregates = ['Account', 'Transaction_Log']

function read (options: unknown, environment: Environment = {}) {
  return readSettings(options as SettingsOptions, environment, { aggregates })
}

/** What start-up is stopped with. */
function refusal (options: unknown, environment: Environment = {}): { code: string, message: string } {
  try {
    read(options, environment)
  } catch (error) {
    return error as { code: string, message: string }
  }
  throw new Error('The settings were taken')
}

t.test('unless said, everything has its default', async (t) => {
  const settings = read({ kurrent: { host: 'embedded' } })
  t.strictSame(settings.kurrent, {
    host: 'embedded',
    user: undefined,
    pass: undefined,
    verifyCert: true,
    hostname: hostname(),
    callLimit: 10,
    messageTimeout: 30,
    buffer: 64,
    drainTime: 20,
    keepGroup: false,
    sweep: 'auto'
  })
  t.strictSame(settings.aggregate('Account'), { capacity: 10000, multiple: 3, latest: 30 })
  t.strictSame(settings.command('Account'), {
    interval: 15, deadline: 10, inFlight: 10000, waiters: 10000, batchCount: 500, batchBytes: 921600
  })
  t.equal(settings.announce, false)
})

t.test('the environment sets every field', async (t) => {
  const settings = read({}, {
    KURRENT_HOST: 'store-0,store-1:2114',
    KURRENT_USER: 'ann',
    KURRENT_PASS: '12345',
    KURRENT_VERIFY_CERT: 'false',
    KURRENT_HOSTNAME: 'node-1',
    KURRENT_CALL_LIMIT: '2.5',
    KURRENT_MESSAGE_TIMEOUT: '60',
    KURRENT_BUFFER: '128',
    KURRENT_DRAIN_TIME: '5',
    KURRENT_KEEP_GROUP: 'true',
    KURRENT_SWEEP: 'always',
    AGGREGATE_ACCOUNT_CAPACITY: '11',
    AGGREGATE_ACCOUNT_MULTIPLE: '2',
    AGGREGATE_TRANSACTION_LOG_LATEST: '1.5',
    COMMAND_INTERVAL: '7',
    COMMAND_DEADLINE: '3',
    COMMAND_IN_FLIGHT: '101',
    COMMAND_WAITERS: '102',
    COMMAND_BATCH_COUNT: '103',
    COMMAND_BATCH_BYTES: '104000',
    COMMAND_TRANSACTION_LOG_INTERVAL: '8',
    ANNOUNCE: 'true',
    PATH: '/bin'
  })
  t.strictSame(settings.kurrent, {
    host: 'store-0,store-1:2114',
    user: 'ann',
    pass: '12345',
    verifyCert: false,
    hostname: 'node-1',
    callLimit: 2.5,
    messageTimeout: 60,
    buffer: 128,
    drainTime: 5,
    keepGroup: true,
    sweep: 'always'
  })
  t.strictSame(settings.aggregate('Account'), { capacity: 11, multiple: 2, latest: 30 })
  t.strictSame(settings.aggregate('Transaction_Log'), { capacity: 10000, multiple: 3, latest: 1.5 })
  t.strictSame(settings.command('Account'), {
    interval: 7, deadline: 3, inFlight: 101, waiters: 102, batchCount: 103, batchBytes: 104000
  })
  t.equal(settings.command('Transaction_Log').interval, 8)
  t.equal(settings.command('Transaction_Log').deadline, 3)
  t.equal(settings.announce, true)
})

t.test('options beat the environment, also where they say the default', async (t) => {
  const settings = read({
    kurrent: { host: 'embedded', verifyCert: true, buffer: 5 },
    aggregate: { Account: { capacity: 9 } },
    command: { interval: 1, Account: { interval: 2 } },
    announce: false
  }, {
    KURRENT_HOST: 'elsewhere',
    KURRENT_VERIFY_CERT: 'false',
    KURRENT_BUFFER: '6',
    KURRENT_DRAIN_TIME: '4',
    AGGREGATE_ACCOUNT_CAPACITY: '10',
    COMMAND_INTERVAL: '3',
    ANNOUNCE: 'true'
  })
  t.equal(settings.kurrent.host, 'embedded')
  t.equal(settings.kurrent.verifyCert, true)
  t.equal(settings.kurrent.buffer, 5)
  t.equal(settings.kurrent.drainTime, 4)
  t.equal(settings.aggregate('Account').capacity, 9)
  t.equal(settings.command('Account').interval, 2)
  t.equal(settings.command('Transaction_Log').interval, 1)
  t.equal(settings.announce, false)
})

t.test('what is said of one aggregate type beats what is said of all', async (t) => {
  const kurrent = { host: 'embedded' }
  t.equal(read({ kurrent, command: { Account: { interval: 2 } } }, { COMMAND_INTERVAL: '3' }).command('Account').interval, 2)
  t.equal(read({ kurrent }, { COMMAND_INTERVAL: '3', COMMAND_ACCOUNT_INTERVAL: '4' }).command('Account').interval, 4)
})

t.test('a list of hosts may be an array', async (t) => {
  t.equal(read({ kurrent: { host: ['a', 'b:2114'] } }).kurrent.host, 'a,b:2114')
})

t.test('undefined options are left to the environment, and so are empty variables to the defaults', async (t) => {
  const settings = read({ kurrent: { host: undefined, user: undefined }, command: undefined, announce: undefined },
    { KURRENT_HOST: 'embedded', KURRENT_USER: '', COMMAND_INTERVAL: '', ANNOUNCE: '' })
  t.equal(settings.kurrent.host, 'embedded')
  t.equal(settings.kurrent.user, undefined)
  t.equal(settings.command('Account').interval, 15)
})

t.test('a forgotten host stops start-up: embedded must be said', async (t) => {
  for (const environment of [{}, { KURRENT_HOST: '' }]) {
    const error = refusal({}, environment)
    t.equal(error.code, 'UNISTREAM_HOST_MISSING')
    t.match(error.message, /KURRENT_HOST.*embedded/)
  }
})

t.test('with a given client no host is needed, and none is taken from the environment', async (t) => {
  const settings = readSettings({ kurrent: { buffer: 7 } },
    { KURRENT_HOST: 'a', KURRENT_USER: 'u', KURRENT_PASS: 'p' }, { aggregates, clientGiven: true })
  t.strictSame([settings.kurrent.host, settings.kurrent.user, settings.kurrent.pass, settings.kurrent.buffer],
    [undefined, undefined, undefined, 7])
})

t.test('unknown options stop start-up by name', async (t) => {
  const cases: Array<[unknown, string]> = [
    [{ kurrnt: {} }, 'kurrnt'],
    [{ kurrent: { hots: 'a' } }, 'kurrent.hots'],
    [{ aggregate: { Acount: {} } }, 'aggregate.Acount'],
    [{ aggregate: { Account: { capcity: 1 } } }, 'aggregate.Account.capcity'],
    [{ command: { intervall: 1 } }, 'command.intervall'],
    [{ command: { Acount: { interval: 1 } } }, 'command.Acount'],
    [{ command: { Account: { intervall: 1 } } }, 'command.Account.intervall'],
    [{ command: { toString: 1 } }, 'command.toString'],
  ]
  for (const [options, name] of cases) {
    const error = refusal(options)
    t.equal(error.code, 'UNISTREAM_SETTING_UNKNOWN', name)
    t.match(error.message, `Unknown setting ${name}: expected one of `)
  }
})

t.test('unknown variables stop start-up by name', async (t) => {
  const cases = ['KURRENT_HOTS', 'KURRENT_', 'KURRENT_PORT', 'AGGREGATE_ACOUNT_CAPACITY', 'AGGREGATE_CAPACITY', 'AGGREGATE_ACCOUNT_CAPCITY',
    'COMMAND_INTERVALL', 'COMMAND_ACCOUNT_INTERVALL', 'COMMAND_DEPOSIT_INTERVAL']
  for (const name of cases) {
    const error = refusal({ kurrent: { host: 'embedded' } }, { [name]: '4711' })
    t.equal(error.code, 'UNISTREAM_SETTING_UNKNOWN', name)
    t.match(error.message, `Unknown setting ${name}: `)
    t.match(error.message, /expected one of (KURRENT|AGGREGATE|COMMAND)_/)
    t.equal(error.message.includes('4711'), !name.startsWith('KURRENT_'), 'shown unless it may be a password')
  }
})

t.test('variables of another aggregate type are handed on, where somebody may yet define it', async (t) => {
  const told = new Map<string, Error & { code?: string }>()
  const variables = { COMMAND_DEPOSIT_INTERVAL: '3', AGGREGATE_A_B_CAPACITY: '4', AGGREGATE_ACCOUNT_CAPACITY: '5' }
  const purpose = { aggregates: ['Account'], onUnclaimed: (name: string, error: Error) => { told.set(name, error) } }
  const settings = readSettings({ kurrent: { host: 'embedded' } }, variables, purpose)
  t.equal(settings.aggregate('Account').capacity, 5)
  t.strictSame([...told.keys()], ['COMMAND_DEPOSIT_INTERVAL', 'AGGREGATE_A_B_CAPACITY'])
  for (const error of told.values()) t.equal(error.code, 'UNISTREAM_SETTING_UNKNOWN')
  for (const name of ['KURRENT_HOTS', 'COMMAND_DEPOSIT_INTERVALL', 'AGGREGATE_CAPACITY', 'AGGREGATE__CAPACITY', 'AGGREGATE_ACCOUNT_DEADLINE']) {
    t.throws(() => readSettings({ kurrent: { host: 'embedded' } }, { [name]: '1' }, purpose), { code: 'UNISTREAM_SETTING_UNKNOWN' }, name)
  }
  t.ok(isVariableOf('Deposit', 'COMMAND_DEPOSIT_INTERVAL'))
  t.ok(isVariableOf('A_B', 'AGGREGATE_A_B_CAPACITY'))
  t.notOk(isVariableOf('Account', 'COMMAND_DEPOSIT_INTERVAL'))
})

t.test('variables that others set are left alone', async (t) => {
  const settings = read({}, {
    KURRENT_HOST: 'embedded',
    KURRENT_SERVICE_HOST: '10.0.0.1',
    KURRENT_SERVICE_PORT: '2113',
    KURRENT_SERVICE_PORT_HTTP: '2113',
    KURRENT_PORT: 'tcp://10.0.0.1:2113',
    KURRENT_PORT_2113_TCP: 'tcp://10.0.0.1:2113',
    KURRENT_PORT_2113_TCP_PROTO: 'tcp',
    KURRENT_PORT_2113_TCP_PORT: '2113',
    KURRENT_PORT_2113_TCP_ADDR: '10.0.0.1',
    COMMAND_API_SERVICE_HOST: '10.0.0.2',
    COMMAND_MODE: 'unix2003',
    MY_KURRENT_X: '1'
  })
  t.equal(settings.kurrent.host, 'embedded')
})

t.test('malformed options stop start-up with the name, the value and what is expected', async (t) => {
  const kurrent = (field: string, value: unknown) => ({ kurrent: { host: 'embedded', [field]: value } })
  const cases: Array<[unknown, string, string, string]> = [
    ['nothing', 'options', '"nothing"', 'an object'],
    [{ kurrent: 'store' }, 'kurrent', '"store"', 'an object'],
    [{ kurrent: null }, 'kurrent', 'null', 'an object'],
    [{ kurrent: { host: 5 } }, 'kurrent.host (KURRENT_HOST)', '5', 'a host, a list of hosts'],
    [{ kurrent: { host: '' } }, 'kurrent.host (KURRENT_HOST)', '""', 'a host, a list of hosts'],
    [{ kurrent: { host: [] } }, 'kurrent.host (KURRENT_HOST)', '[]', 'a host, a list of hosts'],
    [{ kurrent: { host: 'a b' } }, 'kurrent.host (KURRENT_HOST)', '"a b"', 'a host (name:port)'],
    [kurrent('verifyCert', 'false'), 'kurrent.verifyCert (KURRENT_VERIFY_CERT)', '"false"', 'true or false'],
    [kurrent('hostname', 'my node'), 'kurrent.hostname (KURRENT_HOSTNAME)', '"my node"', 'a name without blanks'],
    [kurrent('callLimit', 0), 'kurrent.callLimit (KURRENT_CALL_LIMIT)', '0', 'a number of seconds from 0.05 to 300'],
    [kurrent('callLimit', '10'), 'kurrent.callLimit (KURRENT_CALL_LIMIT)', '"10"', 'a number of seconds'],
    [kurrent('callLimit', NaN), 'kurrent.callLimit (KURRENT_CALL_LIMIT)', 'null', 'a number of seconds'],
    [kurrent('buffer', 1.5), 'kurrent.buffer (KURRENT_BUFFER)', '1.5', 'a whole number from 1 to 10000'],
    [kurrent('buffer', 10n), 'kurrent.buffer (KURRENT_BUFFER)', '[object BigInt]', 'a whole number'],
    [kurrent('buffer', () => 1), 'kurrent.buffer (KURRENT_BUFFER)', '() => 1', 'a whole number'],
    [kurrent('drainTime', Infinity), 'kurrent.drainTime (KURRENT_DRAIN_TIME)', 'null', 'a number of seconds'],
    [kurrent('sweep', 'never'), 'kurrent.sweep (KURRENT_SWEEP)', '"never"', 'auto or always'],
    [{ aggregate: { Account: 5 } }, 'aggregate.Account', '5', 'an object'],
    [{ aggregate: { Account: { capacity: 0 } } }, 'aggregate.Account.capacity', '0', 'a whole number from 1'],
    [{ command: { interval: -1 } }, 'command.interval', '-1', 'a number of minutes from 0'],
    [{ command: { Account: { interval: 'x'.repeat(500) } } }, 'command.Account.interval', `"${'x'.repeat(119)}…`, 'a number of minutes'],
    [{ kurrent: { host: 'embedded' }, announce: 'yes' }, 'announce', '"yes"', 'true or false'],
  ]
  for (const [options, name, value, expected] of cases) {
    const error = refusal(options)
    t.equal(error.code, 'UNISTREAM_SETTING_INVALID', name)
    t.match(error.message, `Setting ${name} is ${value}: expected ${expected}`)
  }
})

t.test('malformed variables stop start-up with the name, the value and what is expected', async (t) => {
  const cases: Array<[string, string, string]> = [
    ['KURRENT_VERIFY_CERT', 'no', 'true or false'],
    ['KURRENT_BUFFER', 'many', 'a whole number from 1 to 10000'],
    ['KURRENT_BUFFER', '-3', 'a whole number from 1 to 10000'],
    ['KURRENT_CALL_LIMIT', 'Infinity', 'a number of seconds from 0.05 to 300'],
    ['AGGREGATE_ACCOUNT_CAPACITY', '1e99', 'a whole number'],
    ['COMMAND_INTERVAL', '15m', 'a number of minutes'],
    ['COMMAND_ACCOUNT_BATCH_BYTES', '900 KiB', 'a whole number from 1024'],
    ['ANNOUNCE', '1', 'true or false'],
  ]
  for (const [name, value, expected] of cases) {
    const error = refusal({ kurrent: { host: 'embedded' } }, { [name]: value })
    t.equal(error.code, 'UNISTREAM_SETTING_INVALID', name)
    t.match(error.message, `Setting ${name} is "${value}": expected ${expected}`)
  }
})

t.test('user and password come together', async (t) => {
  t.match(refusal({ kurrent: { host: 'a', user: 'ann' } }).message, /kurrent\.pass \(KURRENT_PASS\).*a password, since there is a user/)
  t.match(refusal({}, { KURRENT_HOST: 'a', KURRENT_PASS: 'pa55w0rd' }).message, /kurrent\.user \(KURRENT_USER\).*since there is a password/)
})

t.test('no message tells a secret', async (t) => {
  const secret = 'pa55w0rd'
  const errors = [
    refusal({ kurrent: { host: 'a', pass: [secret] } }),
    refusal({ kurrent: { host: 'a', pass: secret } }),
    refusal({ kurrent: { host: 'a', password: secret } }),
    refusal({}, { KURRENT_PASSWORD: secret }),
    refusal({ kurrent: { host: `kurrentdb://ann:${secret}@a:99999` } }),
    refusal({ kurrent: { host: `kurrentdb//ann:${secret}@a` } }),
    refusal({ kurrent: { host: `kurrentdb://ann:${secret}@a?tsl=false` } }),
    refusal({ kurrent: { host: `kurrentdb://ann:${secret}:x@a` } }),
    refusal({ kurrent: { host: [`ann:${secret}@a`, 'b'] } }),
    refusal({ kurrent: { host: { url: `ann:${secret}@a` } } }),
  ]
  for (const error of errors) {
    t.match(error.code, /^UNISTREAM_SETTING_/)
    t.notMatch(JSON.stringify([error.message, { ...error }]), secret)
  }
})

t.test('message time-out and buffer are checked against each other', async (t) => {
  t.equal(read({ kurrent: { host: 'embedded', messageTimeout: 20, buffer: 100 } }).kurrent.buffer, 100)
  t.equal(read({ kurrent: { host: 'embedded', messageTimeout: 1, buffer: 5 } }).kurrent.buffer, 5)
  const error = refusal({ kurrent: { host: 'embedded', buffer: 101 } }, { KURRENT_MESSAGE_TIMEOUT: '20' })
  t.equal(error.code, 'UNISTREAM_SETTING_INVALID')
  t.match(error.message, 'Setting kurrent.buffer (KURRENT_BUFFER) is 101: expected at most 100 with a ' +
    'kurrent.messageTimeout (KURRENT_MESSAGE_TIMEOUT) of 20 s')
})
