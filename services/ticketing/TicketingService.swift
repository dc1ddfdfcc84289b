// TicketingService
