// Mail: what a message is, how it is written as MIME, and how it leaves by SMTP (libcurl).
// Keeps no queue and retries nothing: that is the messaging service's, in its store.
