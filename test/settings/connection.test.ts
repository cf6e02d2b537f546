import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import { parseConnectionString } from '@kurrent/kurrentdb-client/dist/Client/parseConnectionString.js'
import t from 'tap'
import { connectionSettings, readSettings } from '../../lib/settings/index.js'
import type { KurrentOptions } from '../../lib/settings/index.js'

function connect (kurrent: KurrentOptions) {
  const settings = readSettings({ kurrent }, {}, { aggregates: [] }).kurrent
  return connectionSettings({ ...settings, host: settings.host! })
}

/** What the official client understands of the connection string that is made of the settings. */
function understood (kurrent: KurrentOptions) {
  return parseConnectionString(connect(kurrent).connectionString)
}

t.test('one host is reached by TLS, verified, without a wait for discovery', async (t) => {
  t.match(understood({ host: 'store' }), {
    dnsDiscover: false, hosts: [{ address: 'store', port: 2113 }], discoveryInterval: 0, defaultDeadline: 10000
  })
  t.match(connect({ host: 'store' }), { hosts: 'store:2113', tls: true, unverified: false })
  t.equal(understood({ host: 'store' }).tls, undefined)
  t.match(understood({ host: ' store-1.example:2114 ', callLimit: 0.5 }), {
    hosts: [{ address: 'store-1.example', port: 2114 }], defaultDeadline: 500
  })
})

t.test('a list of hosts is a cluster', async (t) => {
  const cluster = understood({ host: 'a:2113, b:2114 ,c' })
  t.strictSame(cluster.hosts, [{ address: 'a', port: 2113 }, { address: 'b', port: 2114 }, { address: 'c', port: 2113 }])
  t.equal(cluster.discoveryInterval, undefined)
  t.strictSame(understood({ host: ['a', 'b'] }).hosts, [{ address: 'a', port: 2113 }, { address: 'b', port: 2113 }])
})

t.test('user and password are escaped', async (t) => {
  const user = 'ann@bank:#1'
  const pass = 'p/a?s&s=w%o+r d:@(!\'*)'
  t.strictSame(understood({ host: 'a', user, pass }).defaultCredentials, { username: user, password: pass })
  t.strictSame(understood({ host: 'a,b', user, pass }).hosts.length, 2)
  t.ok(KurrentDBClient.connectionString(connect({ host: 'a', user, pass }).connectionString), 'the client takes them')
})

t.test('a whole connection string keeps what it says', async (t) => {
  const host = 'kurrentdb+discover://ann:p%40ss@a:2114,b/?tls=true&nodepreference=follower&connectionName=one%20two&discoveryInterval=7'
  t.match(understood({ host }), {
    dnsDiscover: true,
    hosts: [{ address: 'a', port: 2114 }, { address: 'b', port: 2113 }],
    defaultCredentials: { username: 'ann', password: 'p@ss' },
    nodePreference: 'follower',
    connectionName: 'one two',
    discoveryInterval: 7,
    tls: true
  })
  t.match(understood({ host: 'kurrentdb+discover://a', user: 'u', pass: 'p' }), { dnsDiscover: true, defaultCredentials: { username: 'u', password: 'p' } })
  t.equal(understood({ host: 'kurrentdb+discover://a' }).discoveryInterval, undefined)
})

t.test('the old spellings of the scheme are taken, and written in the new one', async (t) => {
  for (const scheme of ['esdb', 'kdb', 'kurrent', 'kurrentdb', 'ESDB']) {
    t.match(connect({ host: `${scheme}://a?tls=false` }).connectionString, /^kurrentdb:\/\/a:2113\?/)
    t.match(connect({ host: `${scheme}+discover://a` }).connectionString, /^kurrentdb\+discover:\/\/a:2113\?/)
  }
})

t.test('TLS goes off by a whole connection string alone', async (t) => {
  t.equal(understood({ host: 'kurrentdb://localhost:2113?tls=false' }).tls, false)
  t.match(connect({ host: 'kurrentdb://localhost?tls=false' }), { tls: false, unverified: false })
  t.match(connect({ host: 'kurrentdb://localhost?tls=false', verifyCert: false }), { tls: false, unverified: false })
})

t.test('the certificate check goes off by the setting or by the string', async (t) => {
  t.equal(understood({ host: 'a', verifyCert: false }).tlsVerifyCert, false)
  t.equal(connect({ host: 'a', verifyCert: false }).unverified, true)
  t.equal(connect({ host: 'kurrentdb://a?tlsVerifyCert=false' }).unverified, true)
  t.equal(connect({ host: 'kurrentdb://a?tlsVerifyCert=true' }).unverified, false)
})

t.test('what cannot be a host is refused, with what is wrong', async (t) => {
  const cases: Array<[string, RegExp]> = [
    ['a:b', /a host \(name:port\)/],
    ['a:0', /a host \(name:port\)/],
    ['a:65536', /a host \(name:port\)/],
    ['a,,b', /a host \(name:port\)/],
    ['a,embedded', /a host \(name:port\)/],
    ['[::1]:2113', /a host \(name:port\)/],
    ['http://a:2113', /a connection string/],
    ['kurrentdb://', /a host \(name:port\)/],
    ['kurrentdb://a/path', /a connection string/],
    ['kurrentdb://ann@a', /user:password before the @/],
    ['kurrentdb://ann:%zz@a', /user:password before the @/],
    ['kurrentdb://a?tsl=false', /options out of tls, /],
    ['kurrentdb://a?toString=1', /options out of tls, /],
    ['kurrentdb://a?', /options out of tls, /],
    ['kurrentdb://a?tls', /its option tls to be true or false/],
    ['kurrentdb://a?tls=yes', /its option tls to be true or false/],
    ['kurrentdb://a?tls=true=false', /its option tls to be true or false/],
    ['kurrentdb://a?connectionName=%zz', /its option connectionName to be a name/],
    ['kurrentdb://a?keepAliveInterval=often', /its option keepAliveInterval to be a whole number/],
    ['kurrentdb://a?nodePreference=best', /its option nodePreference to be leader/],
    ['kurrentdb://a?tlsCAFile=no-such-file.pem', /its option tlsCAFile to be a file that exists/],
  ]
  for (const [host, expected] of cases) {
    t.throws(() => connect({ host }), { code: 'UNISTREAM_SETTING_INVALID', message: expected }, host)
  }
  t.throws(() => connect({ host: 'kurrentdb://u:p@a', user: 'ann', pass: 'secret' }),
    { code: 'UNISTREAM_SETTING_INVALID', message: /kurrent\.user .*kurrent\.host has a user in it/ })
})
