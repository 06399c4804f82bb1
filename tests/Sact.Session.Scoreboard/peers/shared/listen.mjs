// Listens on a free loopback port, prints it, and answers what the scoreboard itself wants to know.
import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
import { advance } from './clock.mjs'
import { arrived, open } from './gates.mjs'

export const parse = request => new URL(request.url, 'http://localhost')

export function version (...packages) {
  return packages.map(name => {
    const file = new URL(`../node_modules/${name}/package.json`, import.meta.url)
    return `${name.replace('-before', '')} ${JSON.parse(readFileSync(file, 'utf8')).version}`
  }).join(', ')
}

async function controlled (url, control) {
  const query = url.searchParams
  const named = (name, ...values) => typeof control[name] === 'function'
    ? control[name](...values)
    : Promise.reject(Object.assign(new Error(control[name] ?? 'The peer does not offer this to the scoreboard.'), { isMissing: true }))
  switch (url.pathname) {
    case '/control/about': return [control.cookie, control.version].join('\n')
    case '/control/clock':
      if (control.clock) return await named('clock')
      return advance(Number(query.get('seconds')))
    case '/control/sweep': return control.sweep ? await named('sweep') : ''
    case '/control/open': return open(query.get('gate'))
    case '/control/arrived': return await arrived(query.get('gate'), Number(query.get('count')))
    case '/control/records': return await named('records')
    case '/control/dump': return (await named('dump')).join('\n')
    case '/control/store': return await named('breakStore', query.get('down') === 'true')
    case '/control/repeat': return await named('repeatIds', query.get('on') === 'true')
    default: throw new Error('There is no such control.')
  }
}

export function listen (handler, control) {
  const server = createServer(async (request, response) => {
    const url = parse(request)
    if (!url.pathname.startsWith('/control/')) return handler(request, response)
    try {
      response.end(String(await controlled(url, control) ?? ''))
    } catch (fault) {
      response.statusCode = fault.isMissing ? 501 : 500
      response.end(fault.message)
    }
  })
  server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`))
  process.stdin.resume()
  process.stdin.on('end', () => process.exit(0))
}

/** Sends an answer over a plain response of Node. */
export function send (response, { status, body, headers, stream }) {
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (stream) stream.pipe(response)
  else response.end(body)
}
