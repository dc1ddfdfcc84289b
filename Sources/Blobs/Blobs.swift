// Files by opaque id, kept in a directory.
