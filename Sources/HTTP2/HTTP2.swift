// HTTP/2 connections on SwiftNIO with nghttp2 as the engine and OpenSSL as the TLS engine. Moves bytes, knows no message.
