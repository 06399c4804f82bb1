// A gate holds a request at a chosen point until the scoreboard opens it. So a race is forced and never left to luck.
const gates = new Map()

function gateOf (name) {
  let gate = gates.get(name)
  if (gate === undefined) {
    gate = { arrived: 0, waiting: [], opened: undefined }
    gate.isOpen = new Promise(resolve => { gate.opened = resolve })
    gates.set(name, gate)
  }

  return gate
}

export async function pass (name) {
  if (!name) return
  const gate = gateOf(name)
  gate.arrived++
  gate.waiting = gate.waiting.filter(({ count, resolve }) => {
    if (gate.arrived < count) return true
    resolve()
    return false
  })
  await gate.isOpen
}

export function open (name) {
  gateOf(name).opened()
}

export function arrived (name, count) {
  const gate = gateOf(name)
  return gate.arrived >= count ? Promise.resolve() : new Promise(resolve => gate.waiting.push({ count, resolve }))
}
