// IdentityService
