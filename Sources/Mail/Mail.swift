// Composes MIME messages and hands them to an SMTP server through libcurl.
