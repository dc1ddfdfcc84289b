// GRPCServices: what gRPC's tools expect of any server, beside its own services: health and reflection.
// Knows a server's services by their names; no store, no role, no setting.
