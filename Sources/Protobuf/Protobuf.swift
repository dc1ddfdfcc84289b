// Swift over libprotobuf-c: checked decoding, encoding, and JSON by walking descriptors.
