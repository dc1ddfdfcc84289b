// Crypto: hashes, signatures, random tokens and password hashing over OpenSSL and libsodium.
// Invents no construction: each type is one call of one library with its sharp edges taken off.
// Knows no principal, no session and no file layout beyond one key a file.
