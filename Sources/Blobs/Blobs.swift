// Blobs: files that people upload. Written as a stream under an opaque id, read whole or in part, removed.
// Knows no file name, no ticket and no permission: a service keeps the id in its own row and authorises each fetch.
