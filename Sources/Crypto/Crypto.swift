// Hashes, signatures, random tokens and password hashing over OpenSSL and libsodium.
