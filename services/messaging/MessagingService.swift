// MessagingService
