// RPC: gRPC over HTTP2. A method is data (`Method`); the router, the gate, JSON transcoding, OpenAPI,
// the command line and the authorization tests are loops over methods.
// Knows messages only as descriptors and bytes; knows no principal, no store and no product.
