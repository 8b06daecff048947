/**
 * One socket for the viewer of several spools: what any of them shows goes to the viewer, what the viewer says to all. It
 * ends when the first of them does.
 */
export function joinSockets(sockets: readonly WebSocket[]): WebSocket {
  const { 0: client, 1: server } = new WebSocketPair()
  const close = (code: number, reason: string) => {
    for (const socket of [server, ...sockets]) {
      try {
        socket.close(code, reason)
      } catch {
        // It is closed.
      }
    }
  }
  server.accept()
  server.addEventListener('message', ({ data }) => {
    if (data === 'ping') return server.send('pong')
    for (const socket of sockets) socket.send(data)
  })
  for (const socket of sockets) {
    socket.accept()
    socket.addEventListener('message', ({ data }) => server.send(data))
  }
  for (const socket of [server, ...sockets]) {
    socket.addEventListener('close', () => close(1001, 'The other end has gone.'))
    socket.addEventListener('error', () => close(1011, 'The other end has failed.'))
  }
  return client
}
