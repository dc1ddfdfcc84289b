// Who is calling and what they may do: principals, permissions, signed tokens and the gate.
