// passport over express-session. PACKAGE is passport, or passport-before: the last version before the fix of CVE-2022-25896.
import '../shared/clock.mjs'
import express from 'express'
import session from 'express-session'
import { answer } from '../shared/application.mjs'
import { breakable } from '../shared/connect-store.mjs'
import { listen, parse, send, version } from '../shared/listen.mjs'

const name = process.env.PACKAGE ?? 'passport'
const { default: passport } = await import(name)
const store = new session.MemoryStore()
const breakStore = breakable(store)

passport.serializeUser((user, done) => done(null, user.name))
passport.deserializeUser((name, done) => done(null, { name }))

const app = express()
app.set('trust proxy', 1)
app.use(session({
  store,
  secret: 'keyboard cat',
  resave: false,
  saveUninitialized: false,
  cookie: { secure: true, sameSite: 'lax', maxAge: 7 * 24 * 3600 * 1000 }
}))
app.use(passport.initialize())
app.use(passport.session())

const sessionsOf = request => ({
  user: async () => request.user?.name,
  read: async key => request.session[key],
  write: async (key, value) => { request.session[key] = value },
  visit: async (key, value) => { request.session[key] = value },
  signIn: user => new Promise((resolve, reject) => request.login({ name: user }, fault => fault ? reject(fault) : resolve())),
  signOut: async () => {
    // Until 0.6.0 this was synchronous.
    if (request.logout.length === 0) return request.logout()
    await new Promise((resolve, reject) => request.logout(fault => fault ? reject(fault) : resolve()))
  },
  renew: 'passport renews an id at sign-in and sign-out only.',
  devices: 'passport has no list of the sessions of a user.',
  end: 'passport has no list of the sessions of a user.',
  signOutEverywhere: 'passport has no index of the sessions of a user.',
  signOutOthers: 'passport has no index of the sessions of a user.'
})

app.use(async (request, response) => {
  const url = parse(request)
  send(response, await answer(url.pathname, url.searchParams, sessionsOf(request)))
})

listen(app, {
  cookie: 'connect.sid',
  version: version(name, 'express-session'),
  records: async () => Object.keys(store.sessions).length,
  dump: async () => Object.entries(store.sessions).flat(),
  breakStore,
  repeatIds: 'passport leaves ids to express-session.'
})
