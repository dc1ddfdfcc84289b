// gRPC over HTTP2: methods, calls, status, metadata, deadlines, interceptors, server and channel.
