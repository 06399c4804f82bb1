// express-session as its README has it. STORE is memory or redis; MODE is recommended or defaults.
import '../shared/clock.mjs'
import { randomBytes } from 'node:crypto'
import express from 'express'
import session from 'express-session'
import { answer } from '../shared/application.mjs'
import { breakable, repeatable } from '../shared/connect-store.mjs'
import { listen, parse, send, version } from '../shared/listen.mjs'

const isRecommended = process.env.MODE !== 'defaults'
const isRedis = process.env.STORE === 'redis'
const client = isRedis ? (await import('redis')).createClient({ url: process.env.REDIS_URL }) : undefined
await client?.connect()
const store = isRedis ? new (await import('connect-redis')).RedisStore({ client }) : new session.MemoryStore()
const breakStore = breakable(store)
const ids = repeatable(() => randomBytes(24).toString('base64url'))

const app = express()
app.set('trust proxy', 1)
app.use(session(isRecommended
  ? {
      store,
      genid: ids.next,
      secret: 'keyboard cat',
      resave: false,
      saveUninitialized: false,
      cookie: { secure: true, sameSite: 'lax', maxAge: 7 * 24 * 3600 * 1000 }
    }
  : { store, genid: ids.next, secret: 'keyboard cat', resave: true, saveUninitialized: true }))

const done = (request, verb) => new Promise((resolve, reject) => request.session[verb](fault => fault ? reject(fault) : resolve()))

const sessionsOf = request => ({
  user: async () => request.session.user,
  read: async key => request.session[key],
  write: async (key, value) => { request.session[key] = value },
  visit: async (key, value) => { request.session[key] = value },
  signIn: async user => {
    // The README's example "User login".
    if (isRecommended) await done(request, 'regenerate')
    request.session.user = user
    await done(request, 'save')
  },
  signOut: async () => {
    if (!isRecommended) return await done(request, 'destroy')
    request.session.user = null
    await done(request, 'save')
    await done(request, 'regenerate')
  },
  renew: async () => {
    const { cookie, ...data } = request.session
    if (!data.user) return false
    await done(request, 'regenerate')
    Object.assign(request.session, data)
    await done(request, 'save')
  },
  devices: 'express-session has no list of the sessions of a user.',
  end: 'express-session has no list of the sessions of a user.',
  signOutEverywhere: 'express-session has no index of the sessions of a user.',
  signOutOthers: 'express-session has no index of the sessions of a user.'
})

app.use(async (request, response) => {
  const url = parse(request)
  send(response, await answer(url.pathname, url.searchParams, sessionsOf(request)))
})

const keys = async () => await client.keys('*')
const serversClock = 'Redis removes sessions by its clock, and the scoreboard cannot move it.'
listen(app, {
  cookie: 'connect.sid',
  version: isRedis ? version('express-session', 'connect-redis') : version('express-session'),
  records: async () => isRedis ? await client.dbSize() : Object.keys(store.sessions).length,
  dump: isRedis
    ? async () => (await Promise.all((await keys()).map(async key => [key, await client.get(key)]))).flat()
    : async () => Object.entries(store.sessions).flat(),
  breakStore,
  clock: isRedis ? serversClock : undefined,
  sweep: isRedis ? serversClock : undefined,
  repeatIds: ids.repeat
})
