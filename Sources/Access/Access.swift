// Access: who is calling and what they may do. A principal signed by identity, the decision over a method's rule,
// and the gate that makes it where all calls narrow: on every server, and before sending on the gateway's client.
// Decides nothing about rows: it gives the `Scope`, and every store method asks for one.
// Knows no session, no password and no product; roles are data, of which the built-in ones live here.
