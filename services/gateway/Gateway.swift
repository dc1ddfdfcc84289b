// Gateway: the edge of Portico. One port for browsers and API clients: HTTP in, RPCs out.
// `Edge/` speaks HTTP (connections, limits, sessions, cookies, CSRF, assets), `JSON/` turns /v1/ requests into
// RPCs by the Method tables, `Pages/` and `Components/` write HTML.
// Owns no data and makes no permission decision of its own: the gate and the services do.
