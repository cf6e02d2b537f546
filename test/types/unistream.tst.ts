import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import fastify from 'fastify'
import { expect, test } from 'tstyche'
import { defineAggregate, defineCommands, defineEvents, creates, sender, subscriber } from '../../lib/index.js'
import type { Outcome, SenderOptions, SubscriberOptions } from '../../lib/index.js'

const shopCommands = defineCommands('Shop', {
  OpenShop: Type.Object({ owner: Type.String(), size: Type.Optional(Type.Number()) }),
  CloseShop: Type.Object({})
})
const stallEvents = defineEvents({ StallOpened: Type.Object({}) })
const stallCommands = defineCommands('Stall', { OpenStall: Type.Object({ place: Type.Integer() }) })
const Stall = defineAggregate(stallCommands, {
  initialState: {},
  events: stallEvents,
  evolve: { StallOpened: (stall) => stall },
  decide: { OpenStall: creates(() => stallEvents.StallOpened({})) }
})

declare module '../../lib/index.js' {
  interface UnistreamAggregates {
    Shop: typeof shopCommands
    Stall: typeof Stall
  }
}

const app: FastifyInstance = fastify()
const ids = { aggId: '', comId: '' }

test('senders have the commands of their aggregate types, with their data', () => {
  expect(app.unistream.Shop.OpenShop({ ...ids, command: { owner: 'Ann' } })).type.toBe<Promise<Outcome>>()
  expect(app.unistream.Shop.OpenShop).type.toBeCallableWith({ ...ids, command: { owner: 'Ann', size: 3 }, deadline: 5 })
  expect(app.unistream.Shop.OpenShop).type.not.toBeCallableWith({ ...ids, command: { owner: 5 } })
  expect(app.unistream.Shop.OpenShop).type.not.toBeCallableWith({ ...ids, command: {} })
  expect(app.unistream.Shop.OpenShop).type.not.toBeCallableWith({ aggId: '', command: { owner: 'Ann' } })
  expect(app.unistream.Shop.CloseShop).type.toBeCallableWith({ ...ids, command: {} })
  expect(app.unistream.Shop).type.not.toHaveProperty('SellShop')
  expect(app.unistream).type.not.toHaveProperty('Market')
})

test('an aggregate may stand for its commands', () => {
  expect(app.unistream.Stall.OpenStall).type.toBeCallableWith({ ...ids, command: { place: 1 } })
  expect(app.unistream.Stall.OpenStall).type.not.toBeCallableWith({ ...ids, command: { place: 'here' } })
})

test('readiness is there without any aggregate', () => {
  expect(app.unistream.readiness().ready).type.toBe<boolean>()
  expect(app.unistream.readiness().reasons).type.toBe<readonly string[]>()
})

test('an outcome is told by its status', async () => {
  const outcome = await app.unistream.Shop.CloseShop({ ...ids, command: {} })
  if (outcome.status === 'succeeded') expect(outcome.revision).type.toBe<bigint>()
  else if (outcome.status === 'open') expect(outcome).type.not.toHaveProperty('code')
  else expect(outcome.code).type.toBe<string>()
})

test('options of the plugins', () => {
  expect(app.register).type.toBeCallableWith(sender, { aggregates: [shopCommands, Stall], kurrent: { host: 'embedded' } })
  expect(app.register).type.toBeCallableWith(subscriber, { aggregates: [Stall], kurrent: { host: ['a', 'b'] } })
  expect<SenderOptions>().type.toBeAssignableFrom({
    aggregates: [shopCommands],
    aggregate: { Shop: { capacity: 5 } },
    command: { interval: 5, Shop: { deadline: 3 } },
    routes: { Shop: { events: true, commands: { OpenShop: false as const, CloseShop: { routeOptions: { bodyLimit: 5 } } } } },
    readinessRoute: true
  })
  expect<SubscriberOptions>().type.not.toBeAssignableFrom({ aggregates: [shopCommands] })
  expect<SenderOptions>().type.not.toBeAssignableFrom({ aggregates: [shopCommands], kurrent: { hots: 'a' } })
  expect<SenderOptions>().type.not.toBeAssignableFrom({})
})
