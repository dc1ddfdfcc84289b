// ArchitectureTests reads the source files and holds them to docs/architecture.md and STYLE.md: who may
// import whom, which room SQL lives in, how long a function may be, what is never written.
//
// The rules are data (ImportTable, Rooms, Exceptions) and pure functions over text. Each rule is run twice: over
// the project, where it must find nothing, and over a planted violation, which it must find.
//
// It does not compile or run anything of the product, and it does not judge style that `swift format` does.
