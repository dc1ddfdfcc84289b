// Threads: a bounded pool of own threads for work that blocks or burns a core (password hashing, SMTP,
// files), so that it never runs on an event loop or on Swift's cooperative pool.
// No scheduling, no priorities: first come, first served, and a queue that refuses when it is full.
