// Protobuf: Swift values over libprotobuf-c. A checked decode (WireScan, then unpack into a budgeted
// Arena, then one copy into Swift values), an encode into one exactly sized buffer, and JSON by
// walking descriptors. C pointers never leave this module except inside generated code.
// Knows no RPC, no transport and no particular message.
