// Handling: what every handler does around its own few lines. One transaction with replay (`call.once`), field
// violations, paging, update masks, resource names, and the conversions between messages and values.
// Knows no resource: whatever names a ticket or an invoice belongs to a service.
